import { lateShare } from '../../capacity/queueing/late-share';
import type { Autoscaler } from '../../capacity/simulation/autoscaler';
import { BASELINES } from '../../capacity/simulation/baselines';
import type { ShareLate } from '../../capacity/simulation/lateness';
import { autoscalerOf } from '../../capacity/simulation/manifests';
import { needs } from '../../capacity/simulation/oracle';
import { replay } from '../../capacity/simulation/replay';
import { duration, type Trace } from '../../capacity/traces/trace';
import type { Manifest } from '../../synth/manifest';
import { limitsOf } from './limits';
import type { Outcome, PolicyName } from './outcome';
import type { PlannedServer } from './planned-server';

/** What the baselines are called here. */
const NAMES: Readonly<Record<(typeof BASELINES)[number]['name'], PolicyName>> = {
  'HPA at CPU 80 %': 'cpu-80',
  'HPA at CPU 50 %': 'cpu-50',
  'requests per replica at 70 %': 'requests-70',
  'static peak': 'static-peak',
  oracle: 'oracle',
};

/** Sends a trace through a server with its manifests, with those that are proposed, and with what they are held against. */
export function replayServer(
  server: PlannedServer,
  trace: Trace,
  proposed: readonly Manifest[] | undefined,
): Outcome[] {
  const { service, onRequests, about, manifests } = server;
  const bounds = limitsOf(manifests);
  const { startsAt } = trace;
  const floors = startsAt === undefined ? [] : about.floors?.({ startsAt, from: 0, until: duration(trace) });
  const late = lateIn(server);
  return [
    outcome('emitted', autoscalerOf(manifests, { startsAt, floors })),
    ...(proposed === undefined ? [] : [outcome('proposed', autoscalerOf(proposed, { startsAt, floors }), onRequests)]),
    ...BASELINES.map(({ name, autoscaler }) => outcome(NAMES[name], autoscaler(trace, service, bounds))),
  ];

  /** At the start there are as many replicas as the first requests need. */
  function outcome(policy: PolicyName, autoscaler: Autoscaler, by = service): Outcome {
    const initial = needs(trace, by, bounds.fewest)[0] ?? bounds.fewest;
    const result = replay(trace, by, autoscaler, initial, late === undefined ? {} : { late });
    const peakReplicas = result.replicas.reduce((most, count) => Math.max(most, count), 0);
    return { ...result, policy, peakReplicas, overSlo: result.late };
  }
}

/** How many requests miss the latency objective, where it is known how long one takes. */
function lateIn({ perReplica, about }: PlannedServer): ShareLate | undefined {
  const objective = about.slos.find((slo) => slo.kind === 'latency');
  const { serviceSeconds: serviceTime, concurrency, variation } = perReplica;
  if (objective === undefined || serviceTime === undefined) return undefined;
  return lateShare({ serviceTime, concurrency, variation, under: objective.thresholdSeconds });
}
