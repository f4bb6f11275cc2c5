import type { Derivation } from '../core/derivation';
import { type Duration, formatSeconds, seconds } from '../core/durations';
import type { GpuHours } from '../core/gpu-hours';
import type { Engine } from './engines/capabilities';
import { HOURS_PER_MONTH, runsPerMonth } from './runs';
import { DEFAULT_DEADLINE } from './survival';
import type { TrainingJobSettings } from './training-job-props';

/**
 * What a run asks of GPUs: nodes × GPUs of each × hours. A card counts as long as the pods have it, busy or not; the time
 * in a queue does not count.
 */
export function gpuHoursOfRun(props: {
  readonly nodes: number;
  readonly gpusPerNode: number;
  readonly duration: Duration;
}): number {
  return (props.nodes * props.gpusPerNode * seconds(props.duration)) / 3600;
}

/**
 * What the runs of a schedule ask of GPUs in the average month: runs × GPU-hours of one, and no more than the month has,
 * as two runs never overlap.
 */
export function gpuHoursOfMonth(props: {
  readonly nodes: number;
  readonly gpusPerNode: number;
  readonly duration: Duration;
  readonly runs: number;
}): number {
  const { nodes, gpusPerNode, runs } = props;
  return Math.min(runs * gpuHoursOfRun(props), nodes * gpusPerNode * HOURS_PER_MONTH);
}

/**
 * The cost of a job in GPU-hours: as a rule where it is known how long a run takes, without what failures and
 * interruptions cost on top; otherwise at most, by its deadline, which a Job holds over all attempts together, and
 * others for each.
 */
export function costOf(
  settings: TrainingJobSettings,
  engine: Engine,
): {
  readonly gpuHours: GpuHours | undefined;
  readonly derivations: readonly Derivation[];
} {
  const { nodes, gpusPerNode, gpuType, schedule, expectedDuration, deadline, retries } = settings;
  if (gpusPerNode === 0) return { gpuHours: undefined, derivations: [] };
  const isBound = expectedDuration === undefined;
  const limit = deadline ?? DEFAULT_DEADLINE;
  const attempts = isBound && engine !== 'job' ? retries + 1 : 1;
  const duration = expectedDuration ?? formatSeconds(attempts * seconds(limit));
  const perRun = gpuHoursOfRun({ nodes, gpusPerNode, duration });
  const gpus = `${counted(nodes, 'node')} × ${counted(gpusPerNode, 'GPU')}`;
  const most = isBound ? ', at most' : '';
  const time = isBound ? boundOf(limit, engine, settings) : `${duration}, no retries`;
  const run = { what: `GPU-hours of a run${most}`, value: rounded(perRun), formula: `${gpus} × ${time}` };
  if (schedule === undefined) return { gpuHours: { gpuType, perRun, isBound }, derivations: [run] };
  const runs = runsPerMonth(schedule);
  const perMonth = gpuHoursOfMonth({ nodes, gpusPerNode, duration, runs });
  const formula =
    perMonth < runs * perRun
      ? `${gpus} × ${rounded(HOURS_PER_MONTH)}h, as runs never overlap`
      : `${rounded(runs)} runs × ${rounded(perRun)}`;
  return {
    gpuHours: { gpuType, perRun, perMonth, isBound },
    derivations: [run, { what: `GPU-hours of a month${most}`, value: rounded(perMonth), formula }],
  };
}

/** What is in the most that a run can take: not what brings it back whole, of which there may be any number. */
function boundOf(limit: Duration, engine: Engine, { retries, queue }: TrainingJobSettings): string {
  if (engine !== 'job') return `${limit} deadline × ${counted(retries + 1, 'attempt')}, disruptions aside`;
  return `${limit} deadline, retries included${queue === undefined ? '' : ', begun anew when stopped for another'}`;
}

/** What can't be about when and how long it runs. */
export function costProblems({
  schedule,
  expectedDuration,
  deadline = DEFAULT_DEADLINE,
}: TrainingJobSettings): string[] {
  const problems: string[] = [];
  if (schedule !== undefined && runsPerMonth(schedule) === 0) {
    problems.push(`schedule must name a day that there is, got '${schedule}': it would never run`);
  }
  if (expectedDuration !== undefined && seconds(expectedDuration) > seconds(deadline)) {
    problems.push(
      `expectedDuration must be at most the deadline, '${deadline}', got '${expectedDuration}': the run would be ended before`,
    );
  }
  return problems;
}

/** What costs runs that somebody may wait for. */
export function costWarnings({ schedule, expectedDuration }: TrainingJobSettings): string[] {
  if (schedule === undefined || expectedDuration === undefined) return [];
  const hours = (runsPerMonth(schedule) * seconds(expectedDuration)) / 3600;
  if (hours <= HOURS_PER_MONTH) return [];
  return [
    `schedule '${schedule}' is due more often than runs of ${expectedDuration} end: those that fall into another are late or left out`,
  ];
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

/** To a tenth; what is less, to two digits. */
function rounded(count: number): string {
  return String(count < 1 ? Number(count.toPrecision(2)) : Math.round(count * 10) / 10);
}
