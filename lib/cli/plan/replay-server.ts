import type { Autoscaler } from '../../capacity/simulation/autoscaler';
import { type Replay, replay, SYNC_PERIOD } from '../../capacity/simulation/replay';
import { Arrivals, duration, type Trace } from '../../capacity/traces/trace';
import type { Manifest } from '../../synth/manifest';
import { limitsOf } from './limits';
import type { Outcome, PolicyName } from './outcome';
import type { PlannedServer } from './planned-server';
import { autoscalerOf, oracleReplicas, requestsOverSlo } from './simulation';

/** Sends a trace through a server with its manifests, and with what they are held against. */
export function replayServer(server: PlannedServer, trace: Trace, proposed: readonly Manifest[] | undefined): Outcome[] {
  const { manifests } = server;
  const outcomes = [withManifests('emitted', manifests)];
  if (proposed !== undefined) outcomes.push(withManifests('proposed', proposed));
  outcomes.push(withManifests('cpu-80', onCpu(manifests, 80)), withManifests('cpu-50', onCpu(manifests, 50)));
  const peak = peakReplicas(trace, server.service.capacity);
  outcomes.push(withAutoscaler('static-peak', { sync: () => peak }, peak), oracle(server, trace));
  return outcomes;

  function withManifests(policy: PolicyName, objects: readonly Manifest[]): Outcome {
    const autoscaler = autoscalerOf(objects, server.service);
    return withAutoscaler(policy, autoscaler, atStart(trace, limitsOf(objects).fewest, server.service.capacity));
  }

  function withAutoscaler(policy: PolicyName, autoscaler: Autoscaler, initial: number): Outcome {
    const result = replay(trace, server.service, autoscaler, initial);
    return { policy, ...result, ...measured(server, result) };
  }
}

function measured({ perReplica, about }: PlannedServer, result: Replay): Pick<Outcome, 'overSlo' | 'peakReplicas'> {
  return {
    overSlo: requestsOverSlo(result, perReplica, about.slos),
    peakReplicas: most(result.replicas),
  };
}

/** The default of Kubernetes, and the one that most teams write: the share of a replica's CPU to aim for. */
function onCpu(manifests: readonly Manifest[], averageUtilization: number): Manifest[] {
  const { fewest, most } = limitsOf(manifests);
  const target = { type: 'Utilization', averageUtilization };
  return [
    {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: `cpu-${averageUtilization}` },
      spec: {
        minReplicas: Math.max(1, fewest),
        maxReplicas: most,
        metrics: [{ type: 'Resource', resource: { name: 'cpu', target } }],
      },
    },
  ];
}

function oracle(server: PlannedServer, trace: Trace): Outcome {
  const replicas = oracleReplicas(trace, server.service, limitsOf(server.manifests).fewest);
  const requests = new Arrivals(trace).until(duration(trace));
  return {
    policy: 'oracle',
    tick: SYNC_PERIOD,
    replicas,
    ready: replicas,
    requests,
    overCapacity: 0,
    overSlo: undefined,
    replicaHours: (replicas.reduce((sum, count) => sum + count, 0) * SYNC_PERIOD) / 3600,
    peakReplicas: most(replicas),
  };
}

/** At the start there are as many as the first requests need. */
function atStart(trace: Trace, fewest: number, capacity: number): number {
  return Math.max(fewest, Math.ceil(new Arrivals(trace).rate(0, SYNC_PERIOD) / capacity));
}

function peakReplicas(trace: Trace, capacity: number): number {
  const arrivals = new Arrivals(trace);
  let peak = 0;
  for (let at = 0; at < duration(trace); at += SYNC_PERIOD) {
    peak = Math.max(peak, arrivals.rate(at, at + SYNC_PERIOD));
  }
  return Math.max(1, Math.ceil(peak / capacity));
}

/** Without a list of arguments, of which an engine takes some ten thousands. */
function most(counts: Int32Array): number {
  return counts.reduce((highest, count) => Math.max(highest, count), 0);
}
