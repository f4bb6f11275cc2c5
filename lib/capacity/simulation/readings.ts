import type { Reading, Target } from '../hpa/proposal';
import type { Seen } from './autoscaler';

/**
 * What a metric tells of, as far as a replay knows of it: requests per second, requests in flight, requests that wait,
 * how busy GPUs are as a share or in percent, and CPU.
 */
export type Measure = 'requests' | 'concurrency' | 'queue' | 'gpu' | 'gpuPercent' | 'cpu';

/** A metric of a manifest: what it is called, and the query behind it where the manifest has it. */
export interface Metric {
  readonly name: string;
  readonly query?: string;
}

/**
 * What a metric tells of. Those that recstack emits say it with their last word; of others it is guessed by name and
 * query, and what isn't about a queue, about requests in flight or about the GPU is taken for the rate of requests.
 */
export function measureOf({ name, query = '' }: Metric): Measure {
  const last = /(?:^|-)(requests|concurrency|queue|gpu)$/.exec(name)?.[1];
  if (last !== undefined) return last as Measure;
  // What a query selects by, such as the name of a server, says nothing about what it measures.
  const text = `${name} ${query}`.replace(/\{[^}]*\}|\b(by|on|without|ignoring)\s*\([^)]*\)/g, ' ');
  if (/\b(rate|increase)\s*\(/.test(query)) return 'requests';
  if (/queue|waiting|pending|backlog/i.test(text)) return 'queue';
  if (/concurren|in_?flight|num_requests|running/i.test(text)) return 'concurrency';
  if (/DCGM_FI_DEV_GPU_UTIL|percent/i.test(text)) return 'gpuPercent';
  return /gpu|dcgm/i.test(text) ? 'gpu' : 'requests';
}

/** What is there of a measure, in thousandths, all replicas together; undefined where it can't be read. */
export function totalOf(measure: Measure, seen: Seen): number | undefined {
  const total = amountOf(measure, seen);
  return total === undefined ? undefined : Math.round(total * 1000);
}

function amountOf(measure: Measure, seen: Seen): number | undefined {
  if (measure === 'requests') return seen.rate;
  if (measure === 'concurrency') return seen.inFlight;
  if (measure === 'queue') return seen.queue;
  return seen.busy === undefined ? undefined : seen.busy * (measure === 'gpu' ? 1 : 100) * readyOf(seen);
}

/** What a metric has to say of what is seen. */
export function readingOf({ kind }: Target, measure: Measure, seen: Seen): Reading | undefined {
  if (measure === 'cpu') {
    const { cpu, cpuRequest } = seen;
    return cpu && { samples: cpu, requests: cpu.map(() => cpuRequest) };
  }
  const total = totalOf(measure, seen);
  if (total === undefined) return undefined;
  if (kind === 'perReplica' || kind === 'total') return { total };
  // Of each pod on its own: those that are ready share it, and those that only run already tell of none.
  const value = Math.round(total / readyOf(seen));
  return {
    samples: seen.pods.map(({ phase, ready }) =>
      phase === 'Running' ? { value: ready?.is === true ? value : 0, at: 0, window: 0 } : undefined,
    ),
  };
}

function readyOf({ pods }: Seen): number {
  let ready = 0;
  for (const pod of pods) if (pod.ready?.is === true) ready += pod.count;
  return ready;
}
