import type { InputSeries } from './rule-tests';

/** Seconds between two values, and how many there are, unless told otherwise. */
const STEP = 60;
const COUNT = 300;

/** A value at each time in seconds, or undefined where there is no series. */
export type Course = (at: number) => number | undefined;

/** A series over time, in promtool's notation. One that goes is stale at once, as after a scrape without it. */
export function course(series: string, value: Course, step = STEP, count = COUNT): InputSeries {
  let was: number | undefined;
  const words = Array.from({ length: count }, (_, i) => {
    const now = value(i * step);
    const word = now === undefined ? (was === undefined ? '_' : 'stale') : `${now}`.replace('Infinity', 'Inf');
    was = now;
    return word;
  });
  return { series, values: words.join(' ') };
}

/** What is different about a pod of a run that is well. */
export interface PodCourse {
  readonly pod: string;
  /** When it is made, starts, and ends, in seconds. @default 600, 700, never */
  readonly made?: number;
  readonly starts?: number;
  readonly ends?: number;
  readonly step?: Course;
  readonly loss?: Course;
  readonly checkpoint?: Course;
  /** Share of time in which its GPUs are busy. @default 0.9 */
  readonly busy?: Course;
}

/** The name of the training, and its namespace. */
const OWN = 'job="once",namespace="shop"';

/** What is collected of a pod: by its own page, by dcgm-exporter and by kube-state-metrics. */
export function podSeries(pod: PodCourse): InputSeries[] {
  const { made = 600, starts = 700, ends = Number.POSITIVE_INFINITY } = pod;
  const target = `${OWN},pod="${pod.pod}",instance="127.100.0.1:9404"`;
  const object = `namespace="shop",pod="${pod.pod}",uid="1"`;
  const between = (from: number, to: number, value: Course) => (at: number) =>
    at >= from && at < to ? value(at) : undefined;
  const alive = (value: Course) => between(starts + 60, ends, value);
  const flag = (from: number, to: number): Course => between(made, 1e9, (at) => (at >= from && at < to ? 1 : 0));
  const step: Course = pod.step ?? ((at) => (at - starts) / 2);
  return [
    course(
      `up{${target}}`,
      alive(() => 1),
    ),
    course(`training_step{${target}}`, alive(step)),
    course(
      `training_steps{${target}}`,
      alive(() => 10_000),
    ),
    course(`training_loss{${target}}`, alive(pod.loss ?? ((at) => 1000 / at))),
    course(
      `training_samples_total{${target}}`,
      alive((at) => 64 * (step(at) ?? 0)),
    ),
    course(`training_checkpoint_timestamp_seconds{${target}}`, alive(pod.checkpoint ?? ((at) => at - (at % 600)))),
    course(`kube_pod_status_phase{${object},phase="Pending"}`, flag(made, starts)),
    course(`kube_pod_status_phase{${object},phase="Running"}`, flag(starts, ends)),
    course(
      `kube_pod_container_resource_requests{${object},container="trainer",node="a",resource="nvidia_com_gpu",unit="integer"}`,
      between(made, 1e9, () => 8),
    ),
    course(
      `kube_pod_container_resource_requests{${object},container="trainer",node="a",resource="cpu",unit="core"}`,
      between(made, 1e9, () => 16),
    ),
    ...[0, 1].map((gpu) =>
      course(
        `DCGM_FI_DEV_GPU_UTIL{gpu="${gpu}",namespace="shop",pod="${pod.pod}",container="trainer",job="dcgm-exporter"}`,
        between(starts, ends, (at) => 100 * ((pod.busy ?? (() => 0.9))(at) ?? 0)),
      ),
    ),
  ];
}

/** What is collected of a Job. */
export function jobSeries(job: {
  readonly name: string;
  readonly made?: number;
  readonly starts?: number;
  readonly ends?: number;
  readonly outcome?: 'succeeded' | 'failed';
  /** When it is deleted. */
  readonly deleted?: number;
  /** The attempt of its JobSet. */
  readonly attempt?: string;
}): InputSeries[] {
  const { name, made = 600, starts = made, ends = Number.POSITIVE_INFINITY, outcome, attempt } = job;
  const { deleted = Number.POSITIVE_INFINITY } = job;
  const of = (metric: string, from: number, value: number, more = '') =>
    course(`${metric}{namespace="shop",job_name="${name}"${more}}`, (at) =>
      at >= from && at < deleted ? value : undefined,
    );
  return [
    of('kube_job_created', made, made),
    of('kube_job_status_start_time', starts, starts),
    of(
      'kube_job_labels',
      made,
      1,
      attempt === undefined ? '' : `,label_jobset_sigs_k8s_io_restart_attempt="${attempt}"`,
    ),
    ...(outcome === 'succeeded' ? [of('kube_job_status_completion_time', ends, ends)] : []),
    ...(outcome === 'failed'
      ? [of('kube_job_failed', ends, 1, ',condition="true"'), of('kube_job_failed', ends, 0, ',condition="false"')]
      : []),
  ];
}
