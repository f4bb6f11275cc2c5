import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Container, Volume, VolumeMount } from 'kubernetes-types/core/v1';
import { HELPER_IMAGES } from '../core/helper-images';
import type { Platform } from '../platform/platform';
import { RESTRICTED_CONTAINER } from '../platform/pod-security';
import type { TrainingJobSettings } from './training-job-props';

/**
 * How a run tells of its progress. The program, on its first node, writes one JSON object to the file that
 * `PROGRESS_FILE` names, into a new file beside it that it renames, so that nobody reads half of one:
 *
 * ```json
 * { "step": 1200, "steps": 10000, "loss": 0.31, "samples": 1228800, "checkpoint": 1764000000, "metrics": { "ndcg": 0.41 } }
 * ```
 *
 * Only `step` must be there. `steps` is how many there will be, `checkpoint` the Unix time of the last one that was
 * saved, `metrics` are figures of quality by their names. `NaN` and `Infinity`, as Python writes them, are understood.
 *
 * The container `progress` beside it serves this as `/metrics` to Prometheus and as `/progress` in JSON, where a number
 * that is not finite is `null`; when the run is over, its last word is the termination message of that container.
 */
export const PROGRESS = {
  /** Name of the container, of its port and of the volume. */
  name: 'progress',
  port: 9404,
  file: '/run/recstack/progress.json',
} as const;

/** What the container `progress` sets aside beside the program, in each pod. */
export const PROGRESS_REQUESTS = { cpu: '10m', memory: '64Mi' } as const;

/** The program of the container `progress`. */
export const PROGRESS_SCRIPT = readFileSync(join(__dirname, 'progress-exporter.py'), 'utf8');

/** What a pod of a run needs to tell of its progress. */
export interface ProgressParts {
  /** An init container that runs on beside the trainer, and ends after it. */
  readonly sidecar: Container;
  readonly volume: Volume;
  /** What the trainer mounts. */
  readonly mount: VolumeMount;
  /** What the trainer finds in its environment. */
  readonly env: { readonly PROGRESS_FILE: string };
}

/**
 * The parts of a pod by which a run tells of its progress. The pods of all nodes have them; those of which nobody writes
 * a file show nothing.
 *
 * The script is in the pod itself, so that a run keeps the one that it began with. Kubernetes would put in variables for
 * `$(…)`, which it doesn't contain.
 *
 * @see https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/
 */
export function progressParts(platform: Platform): ProgressParts {
  const { name, port, file } = PROGRESS;
  const folder = file.slice(0, file.lastIndexOf('/'));
  const { cpu, memory } = PROGRESS_REQUESTS;
  const bounds = { memory, 'ephemeral-storage': '16Mi' };
  return {
    sidecar: {
      name,
      image: platform.pin(HELPER_IMAGES.python),
      imagePullPolicy: 'IfNotPresent',
      // Never held up by it: a Job is over when its other containers are.
      restartPolicy: 'Always',
      command: ['python3', '-I', '-c', PROGRESS_SCRIPT, file, String(port), '/dev/termination-log'],
      ports: [{ name, containerPort: port }],
      resources: { requests: { cpu, ...bounds }, limits: bounds },
      securityContext: RESTRICTED_CONTAINER,
      volumeMounts: [{ name, mountPath: folder, readOnly: true }],
    },
    volume: { name, emptyDir: { sizeLimit: '16Mi' } },
    mount: { name, mountPath: folder },
    env: { PROGRESS_FILE: file },
  };
}

/** The file that is read is the library's. */
export function progressProblems({ env, progress }: Pick<TrainingJobSettings, 'env' | 'progress'>): string[] {
  const { PROGRESS_FILE: file } = env;
  if (file === undefined || !progress) return [];
  return [`env.PROGRESS_FILE must be left out, got '${file}': recstack sets it to ${PROGRESS.file}, which it reads`];
}
