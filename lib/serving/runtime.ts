import type { Bytes } from '../core/quantities';
import type { MetricName, ServerMetrics } from '../core/server-metrics';
import type { Slo } from '../core/slo';
import type { ModelArtifact } from './model-artifact';

/** How Kubernetes asks a server whether it is well: by HTTP, or by the gRPC health protocol. */
export type ProbeTarget = { readonly path: string; readonly port: string } | { readonly grpc: string };

/** A model, and what is expected of its server. */
export interface ServedModel {
  readonly artifact: ModelArtifact;
  /** GPUs of one replica; 0 on CPU. */
  readonly gpus: number;
  /** What users of the server may expect: from it come the buckets of histograms, where they can be chosen. */
  readonly slos: readonly Slo[];
}

/** A model in place: the artifact's files lie in `folder`. */
export interface MountedModel extends ServedModel {
  /** Absolute path of the artifact's files, as {@link Runtime.modelFolder} chose it. */
  readonly folder: string;
}

/** How a container is started. */
export interface Start {
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * A program that serves models, as data: everything that Kubernetes and monitoring must know of it.
 * Adding one is one file that returns such a value; see CONTRIBUTING.
 *
 * `Has` are the metrics that its servers may be asked for: asking for another one does not compile. Without it all
 * may be asked for, and what is missing is refused at synth.
 */
export interface Runtime<Has extends MetricName = MetricName> {
  /** What it is, in messages and dashboards: `triton`. */
  readonly name: string;
  /** Image with an exact tag. */
  readonly image: string;
  /** Ports by name; names are at most 15 characters, as Kubernetes demands. */
  readonly ports: Readonly<Record<string, number>>;
  /**
   * `startup` holds the others back until the model is loaded; `readiness` decides on traffic, `liveness` on a
   * restart.
   */
  readonly probes: Readonly<Record<'startup' | 'readiness' | 'liveness', ProbeTarget>>;
  /** Where the server expects the files of a model: an absolute path below `/models`. */
  modelFolder(model: ModelArtifact): string;
  /** Command, arguments and environment for a model in place. */
  start(model: MountedModel): Start;
  /** Seconds from a loaded model to the first good answer: warm-up requests, compilation, CUDA graphs. */
  readonly warmUpSeconds: number;
  /** Seconds that the server takes at most, after SIGTERM, to finish what it has begun. */
  readonly drainSeconds: number;
  /** Paths that it writes to; everything else is read-only. */
  readonly writablePaths: readonly string[];
  /** Configuration files, by name; they lie in {@link CONFIG_FOLDER}. */
  readonly files?: Readonly<Record<string, string>>;
  /** Size of `/dev/shm`, where it is more than the 64 MB that containers get. */
  readonly sharedMemory?: Bytes;
  /**
   * How it uses GPU memory: whether it splits a model over the GPUs of a replica, or puts all of it on each, and the
   * part of a GPU's memory that it lets itself have.
   * @default - all of the model on each GPU, all of the memory
   */
  readonly gpuMemory?: { readonly splits: boolean; readonly usable: number };
  /** The group that the server must run in to be able to read its own files; by default that of the pod. */
  readonly gid?: number;
  /**
   * Which GPUs it can use, so that no other server holds one that idles.
   * @default 'nvidia'
   */
  readonly gpus?: 'nvidia' | 'none';
  /** What it exposes to Prometheus about a model; left out when it exposes nothing. */
  metrics?(model: ServedModel): ServerMetrics<Has>;
}

/** The times, in seconds, within which requests should be answered. */
export function latencyThresholds({ slos }: Pick<ServedModel, 'slos'>): number[] {
  return slos.flatMap((slo) => (slo.kind === 'latency' ? [slo.thresholdSeconds] : []));
}

/** Where {@link Runtime.files} are mounted. */
export const CONFIG_FOLDER = '/etc/recstack';

/** Whether a value is a {@link Runtime}: what `triton(…)` and its like return. */
export function isRuntime(value: unknown): value is Runtime {
  return typeof value === 'object' && value !== null && 'modelFolder' in value && 'start' in value;
}
