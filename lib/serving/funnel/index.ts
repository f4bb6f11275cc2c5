export { type FunnelConfig, funnelConfigSchema, funnelJsonSchema } from './config';
export { funnelApiSchema, type RecommendationFunnelProps, recommendationFunnelSchema } from './props';
export { RecommendationFunnel, type RecommendationFunnelNodes } from './recommendation-funnel';
export { type StageName, stagesSchema } from './stages';
