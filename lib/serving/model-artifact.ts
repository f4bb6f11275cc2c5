import { z } from 'zod';
import type { Deferred } from '../core/deferred';
import { imageSchema } from '../core/images';
import { isName } from '../core/names';
import { bytesSchema } from '../core/quantities';
import { deferrableText, must, parse, pattern, text } from '../core/schema';
import { secretRefSchema } from '../core/secrets';
import { embeddingTablesSchema } from './embedding-tables';

/**
 * Where a model's files lie: in a bucket of S3, Google Cloud Storage or Alibaba Cloud's OSS, in a container image, at a
 * commit of the Hugging Face hub, or on a volume of the cluster (`pvc://claim/folder`).
 */
export type ModelUri =
  | `s3://${string}/${string}`
  | `gs://${string}/${string}`
  | `oss://${string}/${string}`
  | `oci://${string}/${string}@sha256:${string}`
  | `hf://${string}/${string}@${string}`
  | `pvc://${string}/${string}`;

/** The first word of a {@link ModelUri}. */
export type ModelScheme = 's3' | 'gs' | 'oss' | 'oci' | 'hf' | 'pvc';

const URI = /^(?<scheme>s3|gs|oss|oci|hf|pvc):\/\/(?<place>[^/\s]+)\/(?<path>\S*[^/\s])$/;
const uriRule = must(
  "be where the model's files lie, like 's3://bucket/dlrm/42', 'gs://…', 'oss://…', 'oci://registry/dlrm@sha256:…', 'hf://org/model@commit' or 'pvc://claim/dlrm/42'",
  'for a bucket that is only known at apply, use s3Uri(bucket, path)',
);
const imageRule = must(
  "be an image with its digest, like 'oci://registry.example.com/dlrm@sha256:…'",
  'a tag may move',
);
const commitRule = must(
  "be a model of the hub at a commit of 40 hex digits, like 'hf://org/model@0123…cdef'",
  'a branch or a tag may move',
);

/** What is wrong with the part of an address behind its scheme. A version of a model must not change in place. */
function problemWithPlace(uri: string): string | undefined {
  const { scheme, place = '', path = '' } = URI.exec(uri)?.groups ?? {};
  const rest = `${place}/${path}`;
  if (scheme === 'oci') {
    const fixed = /@sha256:[a-f0-9]{64}$/.test(rest) && imageSchema.safeParse(rest).success;
    return fixed ? undefined : imageRule({ input: uri });
  }
  if (scheme === 'hf') {
    return /^\w[\w.-]*\/\w[\w.-]*@[a-f0-9]{40}$/.test(rest) ? undefined : commitRule({ input: uri });
  }
  // What is mounted of a claim (`subPath`) must stay inside, and rclone shortens such paths before it asks for them.
  const inside = path.split('/').every((part) => !['', '.', '..'].includes(part));
  return inside && (scheme !== 'pvc' || isName(place)) ? undefined : uriRule({ input: uri });
}

const IDENTIFIER = /^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/;
const identifier = (what: string, hint?: string) =>
  pattern<string>(IDENTIFIER, must(`be ${what} of letters, digits, '_', '.' and '-', at most 63`, hint));

const storeSchema = z.strictObject({
  /**
   * Address of a store that speaks S3, such as MinIO: `'https://minio.shop.svc:9000'`; of OSS outside of Alibaba Cloud
   * or of another region; or of a mirror of the hub.
   * @default - the cloud's own; that of OSS inside its region, which costs no traffic and is reached without a NAT
   *   gateway; `https://huggingface.co`
   */
  endpoint: deferrableText('a URL', (value) => /^https?:\/\/\S+$/.test(value) && URL.canParse(value)).optional(),
  /**
   * Region of the bucket. OSS needs one, like `'cn-hangzhou'`, unless it has an endpoint.
   * @default - the one in the pod's environment
   */
  region: text('the name of a region').optional(),
  /**
   * Keys of an S3 store or of OSS, as references to Secrets.
   * @default - the pod's own identity: IRSA or Pod Identity on EKS, Workload Identity on GKE; OSS has none here
   */
  credentials: z
    .strictObject({
      /** The Secret that holds the id of the access key. */
      accessKeyId: secretRefSchema,
      /** The Secret that holds the access key itself. */
      secretAccessKey: secretRefSchema,
    })
    .optional(),
  /**
   * Token of the hub, as a reference to a Secret.
   * @default - none: the model is public
   */
  token: secretRefSchema.optional(),
});

/** The settings of a store that each scheme takes. */
const SETTINGS: Readonly<Record<ModelScheme, readonly (keyof z.output<typeof storeSchema>)[]>> = {
  s3: ['endpoint', 'region', 'credentials'],
  oss: ['endpoint', 'region', 'credentials'],
  hf: ['endpoint', 'token'],
  gs: [],
  oci: [],
  pvc: [],
};

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
      .superRefine((uri, { addIssue }) => {
        const message = problemWithPlace(uri);
        if (message !== undefined) addIssue({ code: 'custom', message });
      }) as z.ZodType<string> as z.ZodType<ModelUri, ModelUri>,
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
     * @default - not checked; in production that is warned about, unless the address holds a digest or a commit
     */
    sha256: pattern<string>(/^[a-f0-9]{64}$/, must('be a SHA-256 of 64 hex digits')).optional(),
    /**
     * How to reach the bucket, where the pod's environment does not say it all.
     * @default {}
     */
    store: storeSchema.default({}),
  })
  .superRefine(({ uri, store, sha256 }, { addIssue }) => {
    const scheme = schemeOf(uri);
    const takes = SETTINGS[scheme];
    const problem = (path: string[], message: string) => addIssue({ code: 'custom', path, message });
    for (const key of Object.keys(store)) {
      if (takes.some((name) => name === key)) continue;
      const known = takes.length === 0 ? 'which has no settings of a store' : `which takes ${takes.join(', ')}`;
      problem(['store', key], `must be left out with ${scheme}://, ${known}`);
    }
    if (scheme === 'oss' && store.endpoint === undefined && store.region === undefined) {
      problem(
        ['store', 'region'],
        "must be given with oss://, like 'cn-hangzhou': the address of the store follows from it",
      );
    }
    if (scheme === 'oss' && store.credentials === undefined) {
      problem(['store', 'credentials'], 'must be given with oss://: rclone knows no roles of Alibaba Cloud (RRSA)');
    }
    if (scheme === 'oci' && sha256 !== undefined) {
      problem(['sha256'], 'must be left out with oci://, where the digest of the image is checked');
    }
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

/**
 * The address of a model in an S3 bucket whose name may be known only at apply.
 *
 * @throws InvalidInput when bucket or path is no text
 */
export function s3Uri(bucket: string | Deferred<string>, path: string): ModelUri {
  return bucketUri('s3', { bucket, path }, 's3Uri');
}

/**
 * The address of a model in a bucket of Google Cloud Storage whose name may be known only at apply.
 *
 * @throws InvalidInput when bucket or path is no text
 */
export function gcsUri(bucket: string | Deferred<string>, path: string): ModelUri {
  return bucketUri('gs', { bucket, path }, 'gcsUri');
}

/**
 * The address of a model in a bucket of Alibaba Cloud's OSS whose name may be known only at apply.
 *
 * @throws InvalidInput when bucket or path is no text
 */
export function ossUri(bucket: string | Deferred<string>, path: string): ModelUri {
  return bucketUri('oss', { bucket, path }, 'ossUri');
}

const bucketSchema = z.strictObject({
  bucket: deferrableText('the name of a bucket'),
  path: text('the folder of the model in the bucket'),
});

function bucketUri<S extends ModelScheme>(
  scheme: S,
  props: z.input<typeof bucketSchema>,
  where: string,
): `${S}://${string}/${string}` {
  const { bucket, path } = parse(bucketSchema, props, where);
  return `${scheme}://${bucket}/${path}`;
}

/** The parts of a model's address. */
export function locationOf(model: ModelArtifact): { scheme: ModelScheme; place: string; path: string } {
  const { place = '', path = '' } = URI.exec(model.uri)?.groups ?? {};
  return { scheme: schemeOf(model.uri), place, path };
}

/** How a model comes to its server: copied to the node first, or mounted as it lies. */
export function isPulled({ uri }: ModelArtifact): boolean {
  return !['pvc', 'oci'].includes(schemeOf(uri));
}

/** Whether what is served can only be what was tested: by checksum, digest or commit. */
export function isImmutable({ uri, sha256 }: ModelArtifact): boolean {
  return sha256 !== undefined || ['oci', 'hf'].includes(schemeOf(uri));
}

function schemeOf(uri: ModelUri): ModelScheme {
  return uri.slice(0, uri.indexOf(':')) as ModelScheme;
}
