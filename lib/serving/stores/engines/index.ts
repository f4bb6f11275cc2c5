export { type ExternalProps, external, externalSchema } from './external';
export { type FeastProps, feast, feastSchema } from './feast';
export { type MilvusProps, milvus, milvusSchema } from './milvus';
export { type QdrantProps, qdrant, qdrantSchema } from './qdrant';
export { redis } from './redis';
export { type RespProps, respSchema } from './resp';
export { valkey } from './valkey';
