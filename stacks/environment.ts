import { z } from 'zod';
import {
  autoscaleForSloSchema,
  autoscaleOnDemandSchema,
  bytesSchema,
  clusterSchema,
  gpuSchema,
  modelSchema,
  monitoringSchema,
  nameSchema,
  resourcesSchema,
  sloSchema,
  startupSchema,
  tensorflowServingSchema,
  trafficBudgetSchema,
  trainingJobSchema,
  tritonSchema,
  vllmSchema,
} from '../lib';

/** What decides on replicas: what is asked of each, or with `by: slo` the latency objective, from which that follows. */
const autoscalingSchema = z.discriminatedUnion('by', [
  autoscaleOnDemandSchema.safeExtend({
    /** @default - what each replica may be asked for is given */
    by: z.literal('demand').optional(),
  }),
  autoscaleForSloSchema.safeExtend({
    /** What each replica may be asked for follows from the latency objective. */
    by: z.literal('slo'),
  }),
]);

/** What differs from one environment to the next for a server, beside the settings of its runtime. */
const serverShape = {
  /** The model that is served. */
  model: modelSchema,
  /**
   * GPUs of each replica.
   * @default - none: the model runs on CPU
   */
  gpu: gpuSchema.optional(),
  /** CPU and memory of each replica. */
  resources: resourcesSchema.optional(),
  /** What was measured of the server's start. */
  startup: startupSchema.optional(),
  /** What users of the server may expect. */
  slo: sloSchema,
  /** How many replicas there are, and when that changes. */
  autoscaling: autoscalingSchema,
  /**
   * What its traffic may cost, and how much of it may fail, as `recstack plan --trace` finds out.
   * @default - not limited
   */
  budget: trafficBudgetSchema.optional(),
};

/** A volume of the cluster that outlives the pods. */
const claimSchema = z.strictObject({
  /** How much it holds. */
  size: bytesSchema,
  /**
   * Whether pods on several nodes write to it.
   * @default false
   */
  shared: z.boolean().default(false),
  /**
   * Name of the storage class.
   * @default - the cluster's default
   */
  storageClass: nameSchema.optional(),
});

const shape = z.strictObject({
  /**
   * Namespace of all objects.
   * @default 'shop'
   */
  namespace: nameSchema.default('shop'),
  /**
   * Whether real users depend on it.
   * @default true
   */
  production: z.boolean().default(true),
  /** What the cluster is and has. */
  cluster: clusterSchema,
  /** Volumes by name, for checkpoints and, where there is no bucket, models. */
  claims: z.record(nameSchema, claimSchema).default({}),
  /** Finds some hundred candidates for a user: a two-tower model on TensorFlow Serving. */
  retrieval: z.strictObject({
    ...serverShape,
    /** Which TensorFlow Serving it runs on. */
    runtime: tensorflowServingSchema,
  }),
  /** Ranks the candidates: a DLRM on Triton. */
  ranker: z.strictObject({
    ...serverShape,
    /** Which Triton it runs on. */
    runtime: tritonSchema,
  }),
  /**
   * Puts the best ones into the order that is shown: a language model on vLLM.
   * @default - the ranker's order is shown
   */
  reranker: z
    .strictObject({
      ...serverShape,
      /** Which vLLM it runs on. */
      runtime: vllmSchema,
    })
    .optional(),
  /** Trains the ranker anew, on a schedule. */
  retraining: trainingJobSchema.omit({
    transform: true,
    queue: true,
    priority: true,
    calendar: true,
    topology: true,
    hyperparametersFrom: true,
  }),
  /** Prometheus, Alertmanager and Grafana. */
  monitoring: monitoringSchema.prefault({}),
});

/** What an environment of the shop may say. */
export const environmentSchema = shape.check(({ value, issues }) => {
  const { claims, retraining, retrieval, ranker, reranker } = value;
  requireClaim(retraining.checkpoints?.claim, ['retraining', 'checkpoints', 'claim']);
  requireClaim(claimOf(retrieval.model.uri), ['retrieval', 'model', 'uri']);
  requireClaim(claimOf(ranker.model.uri), ['ranker', 'model', 'uri']);
  requireClaim(claimOf(reranker?.model.uri), ['reranker', 'model', 'uri']);
  requireShared(retraining.checkpoints?.claim, ['retraining', 'checkpoints', 'claim'], 'write to');
  for (const [name, { claim }] of Object.entries(retraining.data)) {
    requireClaim(claim, ['retraining', 'data', name, 'claim']);
    requireShared(claim, ['retraining', 'data', name, 'claim'], 'read from');
  }

  function requireClaim(claim: string | undefined, path: string[]): void {
    if (claim === undefined || !nameSchema.safeParse(claim).success || Object.hasOwn(claims, claim)) return;
    const known = Object.keys(claims).join(', ') || 'none';
    const message = `must be on a claim of this environment, got '${claim}': add it to claims (${known} so far)`;
    issues.push({ code: 'custom', path, input: claim, message });
  }

  function requireShared(claim: string | undefined, path: string[], use: string): void {
    const { nodes } = retraining;
    if (claim === undefined || nodes === 1 || claims[claim]?.shared !== false) return;
    const message = `must be on a shared claim, since ${nodes} nodes ${use} it, got '${claim}': set claims.${claim}.shared`;
    issues.push({ code: 'custom', path, input: claim, message });
  }
});

function claimOf(uri: string | undefined): string | undefined {
  return /^pvc:\/\/([^/]+)/.exec(uri ?? '')?.[1];
}

/** The settings of one environment, checked and with defaults. */
export type Environment = z.output<typeof environmentSchema>;

/** What a person writes into an environment file. */
export type EnvironmentInput = z.input<typeof environmentSchema>;
