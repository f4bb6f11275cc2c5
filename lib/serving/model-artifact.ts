import { z } from 'zod';
import { type Deferred, placeholderOf } from '../core/deferred';
import { isName } from '../core/names';
import { bytesSchema } from '../core/quantities';
import { deferrableText, must, parse, pattern, text } from '../core/schema';
import { secretRefSchema } from '../core/secrets';
import { embeddingTablesSchema } from './embedding-tables';

/** Where a model's files lie: in a bucket, or on a volume of the cluster (`pvc://claim/folder`). */
export type ModelUri = `s3://${string}/${string}` | `gs://${string}/${string}` | `pvc://${string}/${string}`;

const URI = /^(?<scheme>s3|gs|pvc):\/\/(?<place>[^/\s]+)\/(?<path>\S*[^/\s])$/;
const uriRule = must(
  "be where the model's files lie, like 's3://bucket/dlrm/42', 'gs://…' or 'pvc://claim/dlrm/42'",
  'for a bucket that is only known at apply, use s3Uri(bucket, path)',
);

/** A claim has the name of an object, and what is mounted of it (`subPath`) must stay inside. */
function isPlace(uri: string): boolean {
  const { scheme, place = '', path = '' } = URI.exec(uri)?.groups ?? {};
  return scheme !== 'pvc' || (isName(place) && path.split('/').every((part) => !['', '.', '..'].includes(part)));
}

const IDENTIFIER = /^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/;
const identifier = (what: string, hint?: string) =>
  pattern<string>(IDENTIFIER, must(`be ${what} of letters, digits, '_', '.' and '-', at most 63`, hint));

const storeSchema = z.strictObject({
  /**
   * Address of a store that speaks S3, such as MinIO: `'https://minio.shop.svc:9000'`.
   * @default - the cloud's own
   */
  endpoint: deferrableText('a URL', (value) => /^https?:\/\/\S+$/.test(value) && URL.canParse(value)).optional(),
  /**
   * Region of the bucket.
   * @default - the one in the pod's environment
   */
  region: text('the name of a region').optional(),
  /**
   * Keys of an S3 store, as references to Secrets.
   * @default - the pod's own identity: IRSA or Pod Identity on EKS, Workload Identity on GKE
   */
  credentials: z
    .strictObject({
      /** The Secret that holds the id of the access key. */
      accessKeyId: secretRefSchema,
      /** The Secret that holds the access key itself. */
      secretAccessKey: secretRefSchema,
    })
    .optional(),
});

/** Checks {@link ModelArtifactProps}. */
export const modelSchema = z
  .strictObject({
    /** Name under which the server offers the model. */
    name: identifier("a model's name"),
    /** Version of the model, such as `'42'` or `'2025-11-02'`. All replicas of a server run the same one. */
    version: identifier(
      'a version in quotes',
      'a server must know which model it serves, so that it can be rolled back',
    ),
    /** Where the model's files lie. A version is never changed in place: what is there stays as it is. */
    uri: z
      .string({ error: uriRule })
      .regex(URI, { error: uriRule, abort: true })
      .refine(isPlace, { error: uriRule }) as z.ZodType<string> as z.ZodType<ModelUri, ModelUri>,
    /** Size of all files together. Start-up time, memory and volumes are computed from it. */
    size: bytesSchema,
    /**
     * Its embedding tables, where they are large: memory is computed from how they lie there, and not from their files.
     * @default [] - memory by the size of the files alone
     */
    embeddings: embeddingTablesSchema.default([]),
    /**
     * SHA-256 over the model's files, checked after the copy: 64 hex digits, as this prints them inside the folder:
     * `find . -type f | LC_ALL=C sort | xargs -d '\n' sha256sum | sha256sum`.
     * @default - not checked; in production that is warned about
     */
    sha256: pattern<string>(/^[a-f0-9]{64}$/, must('be a SHA-256 of 64 hex digits')).optional(),
    /**
     * How to reach the bucket, where the pod's environment does not say it all.
     * @default {}
     */
    store: storeSchema.default({}),
  })
  .refine(({ uri, store }) => uri.startsWith('s3://') || Object.keys(store).length === 0, {
    path: ['store'],
    error: 'must be left out unless the model lies on S3: endpoint, region and credentials are settings of S3',
  });

/** Properties of a {@link ModelArtifact}. @interface */
export type ModelArtifactProps = z.input<typeof modelSchema>;

/** A trained model: one version of it, never changed. */
export type ModelArtifact = z.output<typeof modelSchema>;

export const ModelArtifact = {
  /**
   * Describes a trained model.
   *
   * @throws InvalidInput with all that is wrong with it
   * @example
   * ```ts
   * ModelArtifact.of({ name: 'dlrm', version: '42', uri: 's3://models/dlrm/42', size: '18Gi' });
   * ```
   */
  of(props: ModelArtifactProps): ModelArtifact {
    const { name }: { name?: unknown } = Object(props);
    // The name is not checked yet.
    return parse(modelSchema, props, typeof name === 'string' && /^.{1,63}$/.test(name) ? `model ${name}` : 'model');
  },
};

/** The address of a model in an S3 bucket whose name may be known only at apply. */
export function s3Uri(bucket: string | Deferred<string>, path: string): ModelUri {
  return `s3://${typeof bucket === 'string' ? bucket : placeholderOf(bucket)}/${path}`;
}

/** The address of a model in a bucket of Google Cloud Storage whose name may be known only at apply. */
export function gcsUri(bucket: string | Deferred<string>, path: string): ModelUri {
  return `gs://${typeof bucket === 'string' ? bucket : placeholderOf(bucket)}/${path}`;
}

/** The parts of a model's address. */
export function locationOf(model: ModelArtifact): { scheme: 's3' | 'gs' | 'pvc'; place: string; path: string } {
  const { scheme, place, path } = URI.exec(model.uri)?.groups ?? {};
  return { scheme: scheme as 's3' | 'gs' | 'pvc', place: place ?? '', path: path ?? '' };
}
