/**
 * What the plan needs of lib/capacity, in one place.
 * AT THE MERGE: each function below is a stand-in for what another area brings, and says which.
 */
import { HpaController } from '../../capacity/hpa/controller';
import type { Rules } from '../../capacity/hpa/limits';
import { type Hpa, policyOf } from '../../capacity/hpa/policy';
import type { Reading, Target } from '../../capacity/hpa/proposal';
import type { Autoscaler, Seen } from '../../capacity/simulation/autoscaler';
import { type Replay, replay, SYNC_PERIOD } from '../../capacity/simulation/replay';
import type { Service } from '../../capacity/simulation/service';
import { Arrivals, duration, type Trace } from '../../capacity/traces/trace';
import type { PerReplica } from '../../core/scaled';
import type { Slo } from '../../core/slo';
import type { Manifest } from '../../synth/manifest';

/** AT THE MERGE: area 1's readTrace. */
export function readTrace(content: Uint8Array, { name }: { name: string }): { trace: Trace; repairs: string[] } {
  const rows = new TextDecoder().decode(content).trim().split('\n').slice(1);
  const cells = rows.map((row) => row.split(',').map(Number));
  const [first, second] = cells.map(([time]) => time);
  if (first === undefined || second === undefined) throw new Error('must have two rows or more');
  const step = second - first;
  const last = cells[cells.length - 1]?.[0] ?? 0;
  const requests = new Float64Array((last - first) / step + 1);
  for (const [time = 0, count = 0] of cells) requests[(time - first) / step] = count;
  return { trace: { name, step, requests }, repairs: [] };
}

/** AT THE MERGE: area 1's scale. */
export function scale(trace: Trace, factor: number): Trace {
  return { ...trace, requests: trace.requests.map((count) => count * factor) };
}

/** AT THE MERGE: area 2's autoscalerOf. */
export function autoscalerOf(manifests: readonly Manifest[], service: Service): Autoscaler {
  const manifest = manifests.find(({ kind }) => kind === 'HorizontalPodAutoscaler');
  if (manifest === undefined) throw new Error('no HorizontalPodAutoscaler');
  const policy = policyOf(manifest as unknown as Hpa);
  const controller = new HpaController(policy);
  return {
    sync: (now, seen) =>
      controller.sync(
        now,
        { ...seen, pods: seen.pods.map((pod) => ({ ...pod, ready: { is: true, since: -1e9 }, startedAt: -1e9 })) },
        policy.metrics.map((target) => reading(target, seen, now, service)),
      ),
  };
}

function reading({ kind }: Target, { rate, pods }: Seen, now: number, service: Service): Reading | undefined {
  if (rate === undefined) return undefined;
  if (kind === 'perReplica' || kind === 'total') return { total: rate * 1000 };
  const [serving] = pods;
  const each = Math.min(1, rate / Math.max(1, serving?.count ?? 1) / service.capacity);
  const value = (i: number) => Math.round((i === 0 ? each : 0) * 1000);
  return {
    samples: pods.map((_, i) => ({ value: value(i), at: now, window: 30 })),
    requests: pods.map(() => 1000),
  };
}

/** AT THE MERGE: area 2's oracle, with the replicas of each tick. */
export function oracleReplicas(trace: Trace, { capacity, readySeconds }: Service, fewest: number): Int32Array {
  const arrivals = new Arrivals(trace);
  const ahead = Math.ceil(readySeconds / SYNC_PERIOD);
  const needs = Int32Array.from({ length: Math.ceil(duration(trace) / SYNC_PERIOD) }, (_, i) =>
    Math.max(fewest, Math.ceil(arrivals.rate(i * SYNC_PERIOD, (i + 1) * SYNC_PERIOD) / capacity)),
  );
  return needs.map((_, i) => Math.max(...needs.subarray(i, i + ahead + 1)));
}

/** AT THE MERGE: area 3's queue model, over the ticks of a replay. */
export function requestsOverSlo(
  _replay: Pick<Replay, 'offered' | 'ready' | 'tick'>,
  _perReplica: PerReplica,
  _slos: readonly Slo[],
): number | undefined {
  return undefined;
}

/** As the API writes them. */
export interface ProposedRules extends Partial<Rules> {
  readonly tolerance?: string;
}

/** A policy in words that an environment file and a manifest can say. AT THE MERGE: area 6's. */
export interface Proposal {
  readonly replicas: readonly [number, number];
  /** Requests per second for each replica. */
  readonly requests: number;
  readonly behavior: { readonly scaleUp: ProposedRules; readonly scaleDown: ProposedRules };
  /** What else could be had: cheaper with more requests over capacity, or the other way. */
  readonly front: readonly { readonly replicaHours: number; readonly overCapacity: number; readonly label: string }[];
}

/** AT THE MERGE: area 6's propose. */
export function propose(
  traces: readonly Trace[],
  service: Service,
  options: { fewest: number; most: number; overCapacity: number; progress: (done: number) => void },
): Proposal {
  const { fewest, most, overCapacity, progress } = options;
  const behavior = { scaleUp: { stabilizationWindowSeconds: 0 }, scaleDown: { stabilizationWindowSeconds: 300 } };
  const shares = [1, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.6];
  const tried = shares.map((share, i) => {
    progress(i / shares.length);
    const requests = Math.round(share * service.capacity);
    const spec = {
      minReplicas: fewest,
      maxReplicas: most,
      metrics: [{ type: 'External', external: { target: { averageValue: String(requests) } } }],
      behavior,
    };
    const all = traces.map((trace) => {
      const controller = autoscalerOf([{ kind: 'HorizontalPodAutoscaler', spec } as unknown as Manifest], service);
      return replay(trace, service, controller, fewest);
    });
    const sum = (of: (one: Replay) => number) => all.reduce((total, one) => total + of(one), 0);
    const over = sum((one) => one.overCapacity) / Math.max(1, sum((one) => one.requests));
    return {
      requests,
      replicaHours: sum((one) => one.replicaHours),
      overCapacity: over,
      label: `${requests} requests/s`,
    };
  });
  const best = tried.find((one) => one.overCapacity <= overCapacity / 2) ?? tried[tried.length - 1];
  return { replicas: [fewest, most], requests: best?.requests ?? 1, behavior, front: tried };
}
