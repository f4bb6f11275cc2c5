import type { Bytes } from '../core/quantities';
import type { ServerMetrics } from '../core/server-metrics';
import type { ModelArtifact } from './model-artifact';

/** How Kubernetes asks a server whether it is well: by HTTP, or by the gRPC health protocol. */
export type ProbeTarget = { readonly path: string; readonly port: string } | { readonly grpc: string };

/** A model in place: the artifact's files lie in `folder`. */
export interface MountedModel {
  readonly artifact: ModelArtifact;
  /** Absolute path of the artifact's files, as {@link Runtime.modelFolder} chose it. */
  readonly folder: string;
  /** GPUs of one replica; 0 on CPU. */
  readonly gpus: number;
}

/** How a container is started. */
export interface Start {
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** An application of Ray Serve. */
export interface RayApplication {
  /** Release of Ray, as `'2.60.0'`. */
  readonly version: string;
  /** Import path, as `'ranker:app'`. */
  readonly application: string;
}

/**
 * A program that serves models, as data: everything that Kubernetes and monitoring must know of it.
 * Adding one is one file that returns such a value; see CONTRIBUTING.
 */
export interface Runtime {
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
  /** The group that the server must run in to be able to read its own files; by default that of the pod. */
  readonly gid?: number;
  /** What it exposes to Prometheus; left out when it exposes nothing. */
  readonly metrics?: ServerMetrics;
  /** What it runs if it is Ray Serve, so that a RayService can run it too. */
  readonly ray?: RayApplication;
}

/** Where {@link Runtime.files} are mounted. */
export const CONFIG_FOLDER = '/etc/recstack';

/** Whether a value is a {@link Runtime}: what `triton(…)` and its like return. */
export function isRuntime(value: unknown): value is Runtime {
  return typeof value === 'object' && value !== null && 'modelFolder' in value && 'start' in value;
}
