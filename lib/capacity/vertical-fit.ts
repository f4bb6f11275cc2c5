import type { Derivation } from '../core/derivation';
import { type Bytes, type Cpu, formatBytes, formatCpu } from '../core/quantities';
import { DecayingHistogram } from './decaying-histogram';
import { lengthOf } from './traces/telling';
import { requireUsage, type Usage } from './usage';

const MIB = 2 ** 20;
const DAY = 86_400;

/** The defaults of the Vertical Pod Autoscaler's recommender, but for the limits, which it only scales. */
const QUANTILE = 0.9;
const MARGIN = 0.15;
const HALF_LIFE = DAY;
const LEAST_CPU = 0.025;
const LEAST_MEMORY = 250 * MIB;
const OOM_RATIO = 1.2;
const OOM_LEAST = 100 * MIB;
/** Cores, and bytes, of a histogram's first bucket and of its last. */
const CPU_BUCKETS = [0.01, 1000] as const;
const MEMORY_BUCKETS = [1e7, 1e12] as const;

/** What one container had in memory, and when it was killed for it. */
export interface MemoryUsage extends Usage {
  /** Kills for lack of memory: when, and the limit in bytes that it hit. */
  readonly outOfMemory?: readonly { readonly at: number; readonly limit: number }[];
}

/** What {@link verticalFit} goes by: what the containers of one name used, each of them a series. */
export interface ObservedUsage {
  /** Cores, as `rate(container_cpu_usage_seconds_total[5m])`. */
  readonly cpu: readonly Usage[];
  /** Bytes, as `container_memory_working_set_bytes`, for which the kernel kills. */
  readonly memory: readonly MemoryUsage[];
}

/** Requests and limits that fit what was used. */
export interface VerticalFit {
  readonly requests: { readonly cpu: Cpu; readonly memory: Bytes };
  readonly limits: { readonly memory: Bytes };
  readonly derivation: readonly Derivation[];
  /** Why the numbers may not be trusted, such as too short a history. */
  readonly notes: readonly string[];
}

/**
 * Recommends requests and limits of a container by what was used, as the recommender of the Vertical Pod Autoscaler
 * does: CPU by the 90th percentile of all samples, memory by that of each container's peaks of 24 hours, newer ones
 * counting more (half of the weight is lost in 24 hours), each with a margin of 15 %. A kill for lack of memory counts as
 * a peak 20 %, and at least 100Mi, above what was there.
 *
 * There is no CPU limit: a container that has used its share of a 100 ms period stands still for the rest of it, while
 * cores may be idle, and what its clients see is the tail of the latency. Requests share out the CPU when it is scarce.
 * The memory limit leaves the margin above the highest peak of all, as whatever goes beyond it is killed.
 *
 * @throws InvalidInput when there is no sample, or one is negative or out of order
 * @see https://github.com/kubernetes/autoscaler/blob/master/vertical-pod-autoscaler/pkg/recommender/logic/recommender.go
 * @see https://github.com/kubernetes/autoscaler/blob/master/vertical-pod-autoscaler/pkg/recommender/model/container.go
 * @example
 * ```ts
 * const { requests, limits, notes } = verticalFit({ cpu: readUsage(cpuJson), memory: readUsage(memoryJson) });
 * ```
 */
export function verticalFit({ cpu, memory }: ObservedUsage): VerticalFit {
  requireUsage('verticalFit', 'cpu', cpu);
  requireUsage('verticalFit', 'memory', memory);
  const peaks = memory.flatMap(dailyPeaks);
  const cores = quantile(cpu.flatMap(samplesOf), CPU_BUCKETS);
  const bytes = quantile(peaks, MEMORY_BUCKETS);
  const highest = peaks.reduce((most, { value }) => Math.max(most, value), 0);
  const cpuRequest = formatCpu(Math.max(LEAST_CPU, cores * (1 + MARGIN)));
  const request = Math.max(LEAST_MEMORY, bytes * (1 + MARGIN));
  const memoryRequest = formatBytes(request);
  const memoryLimit = formatBytes(Math.max(request, highest * (1 + MARGIN)));
  const margin = `+ ${MARGIN * 100} %`;
  const least = (quantity: string) => `, at least ${quantity}`;
  return {
    requests: { cpu: cpuRequest, memory: memoryRequest },
    limits: { memory: memoryLimit },
    derivation: [
      {
        what: 'requests.cpu',
        value: cpuRequest,
        formula: `p90 of the samples, newer ones counting more, ${formatCpu(cores)} ${margin}${least(formatCpu(LEAST_CPU))}`,
      },
      {
        what: 'requests.memory',
        value: memoryRequest,
        formula: `p90 of the peaks of each day, newer ones counting more, ${formatBytes(bytes)} ${margin}${least(formatBytes(LEAST_MEMORY))}`,
      },
      {
        what: 'limits.memory',
        value: memoryLimit,
        formula: `the highest peak, ${formatBytes(highest)} ${margin}, and no less than the request`,
      },
      {
        what: 'limits.cpu',
        value: 'none',
        formula: 'it would let requests wait for the rest of each 100 ms period while cores are idle',
      },
    ],
    notes: [...notesOn('cpu', cpu), ...notesOn('memory', memory)],
  };
}

interface Sample {
  readonly at: number;
  readonly value: number;
}

function samplesOf({ times, values }: Usage): Sample[] {
  return times.map((at, i) => ({ at, value: values[i] ?? 0 }));
}

function quantile(samples: readonly Sample[], [first, greatest]: readonly [number, number]): number {
  const now = samples.reduce((latest, { at }) => Math.max(latest, at), Number.NEGATIVE_INFINITY);
  const histogram = new DecayingHistogram(first, greatest, HALF_LIFE, now);
  for (const { at, value } of samples) histogram.add(value, at);
  return histogram.quantile(QUANTILE);
}

/** The highest of each 24 hours since a container's first sample; each counts as of their end. */
function dailyPeaks(usage: MemoryUsage): Sample[] {
  const [start = 0] = usage.times;
  const dayOf = (at: number) => Math.max(0, Math.floor((at - start) / DAY));
  const peaks = new Map<number, number>();
  const samples = samplesOf(usage);
  const kills = (usage.outOfMemory ?? []).map(({ at, limit }) => {
    // What an earlier kill was taken for is no usage: with it, each of several kills would add another fifth.
    const before = samples.filter((sample) => dayOf(sample.at) === dayOf(at) && sample.at <= at);
    const used = before.reduce((most, { value }) => Math.max(most, value), limit);
    return { at, value: Math.max(used + OOM_LEAST, used * OOM_RATIO) };
  });
  for (const { at, value } of [...samples, ...kills]) {
    const day = dayOf(at);
    peaks.set(day, Math.max(peaks.get(day) ?? 0, value));
  }
  return [...peaks].map(([day, value]) => ({ at: start + (day + 1) * DAY, value }));
}

/** Seconds between samples above which peaks hide between them; the autoscaler takes one each minute. */
const SPARSE = 300;

function notesOn(what: string, usages: readonly Usage[]): string[] {
  const seen = usages.filter(({ times }) => times.length > 0);
  const from = Math.min(...seen.map(({ times }) => times[0] ?? 0));
  const seconds = Math.max(...seen.map(({ times }) => times[times.length - 1] ?? 0)) - from;
  const distances = seen.map(({ times }) => ((times[times.length - 1] ?? 0) - (times[0] ?? 0)) / (times.length - 1));
  const notes: string[] = [];
  const history = lengthOf(seconds < DAY ? roundTo(seconds, 60) : roundTo(seconds, 3600));
  if (seconds < DAY) notes.push(`${what} has ${history} of usage only: a whole day may show higher peaks`);
  else if (seconds < 7 * DAY) notes.push(`${what} has ${history} of usage only: a whole week may show higher peaks`);
  const sparsest = Math.max(0, ...distances.filter(Number.isFinite));
  if (sparsest > SPARSE) {
    notes.push(`${what} has a sample each ${lengthOf(Math.round(sparsest))} only: peaks in between were not seen`);
  }
  return notes;
}

function roundTo(seconds: number, unit: number): number {
  return seconds < unit ? Math.round(seconds) : Math.round(seconds / unit) * unit;
}
