import { parse } from 'yaml';
import { type AutoscaleOnDemandProps, autoscaleOnDemand, type PeaksProps, type Platform } from '../../../lib';
import type { Proposal } from '../../../lib/cli/plan/find-proposal';
import type { PlannedServer } from '../../../lib/cli/plan/planned-server';
import { plannedServers } from '../../../lib/cli/plan/planned-server';
import { proposalYaml, proposedAutoscaling, withProposal } from '../../../lib/cli/plan/proposal';
import type { Manifest } from '../../../lib/synth/manifest';
import { monitored, withKeda } from '../../autoscaling/fixtures';
import { ranker } from '../../serving/fixtures';

const behavior: Proposal['behavior'] = {
  scaleUp: {
    stabilizationWindowSeconds: 0,
    selectPolicy: 'Max',
    policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
    tolerance: '50m',
  },
  scaleDown: {
    stabilizationWindowSeconds: 120,
    selectPolicy: 'Max',
    policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }],
  },
};
const proposal: Proposal = { replicas: [3, 30], requests: 85, behavior, front: [], notes: [] };

function server(...manifests: Manifest[]): PlannedServer {
  const service = { capacity: 100, readySeconds: 90, metricWindow: 30 };
  const perReplica = { rps: 100, serviceSeconds: 0.006 };
  const about = {
    name: 'ranker',
    namespace: 'shop',
    readySeconds: 90,
    metricSeconds: 30,
    gpus: 0,
    slos: [],
    objects: [],
  };
  return { path: 'shop/ranker', about, perReplica, service, onRequests: service, manifests, budget: {} };
}

const hpa = (metric: object): Manifest => ({
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'ranker' },
  spec: { scaleTargetRef: { name: 'ranker' }, minReplicas: 1, maxReplicas: 5, metrics: [metric] },
});

test('a metric of requests keeps its name, and what is not proposed stays', () => {
  const external = { metric: { name: 'own_requests' }, target: { type: 'AverageValue', averageValue: '80' } };
  const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'adapter' } };
  const [proposed, other] = withProposal(server(hpa({ type: 'External', external }), configMap), proposal);
  expect(proposed?.spec).toEqual({
    scaleTargetRef: { name: 'ranker' },
    minReplicas: 3,
    maxReplicas: 30,
    metrics: [{ type: 'External', external: { ...external, target: { type: 'AverageValue', averageValue: '85' } } }],
    behavior,
  });
  expect(other).toBe(configMap);
});

test('an autoscaler on CPU gets a metric of requests', () => {
  const cpu = { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } } };
  const [proposed] = withProposal(server(hpa(cpu)), proposal);
  expect(Object(proposed?.spec).metrics).toEqual([
    {
      type: 'External',
      external: { metric: { name: 'shop-ranker-requests' }, target: { type: 'AverageValue', averageValue: '85' } },
    },
  ]);
});

const events = [
  { name: 'double-11', every: 'year', start: '11-10T20:00', end: '11-12T02:00', multiple: 2 },
  { name: 'opening', start: '2026-12-01T10:00', end: '2026-12-01T12:00', replicas: 9 },
] as const;
const peaks: PeaksProps = { timeZone: 'Asia/Shanghai', events };
const perReplica = { rps: 100, readyAfter: '90s' } as const;
const careful: Proposal = {
  ...proposal,
  requests: 85.5,
  behavior: { ...behavior, scaleUp: { ...behavior.scaleUp, tolerance: '0' } },
};

test.each<[string, () => Platform, Partial<AutoscaleOnDemandProps>]>([
  ['an HPA on requests', monitored, {}],
  ['an HPA on what waits', monitored, { requests: undefined, queue: 4 }],
  ['an HPA with peaks', monitored, { peaks }],
  ['a ScaledObject on requests', withKeda, { fallback: { replicas: 9 } }],
  ['a ScaledObject on what waits', withKeda, { requests: undefined, queue: 4 }],
  ['a ScaledObject on several metrics, with peaks', withKeda, { queue: 4, cpu: '60%', peaks }],
])('pasted into the environment, a proposal gives the manifests that were proposed: %s', (_, platform, props) => {
  const before = planned(platform(), { replicas: [2, 20], requests: 70, perReplica, ...props });
  const pasted = parse(proposalYaml(proposedAutoscaling(before, careful)));
  const after = planned(platform(), pasted.autoscaling);
  expect(kinds(withProposal(before, careful))).toEqual(kinds(after.manifests));
});

/** What decides on replicas; CronJobs mount what a script is told, which the manifests of a server don't hold. */
const kinds = (manifests: readonly Manifest[]) => manifests.filter(({ kind }) => kind !== 'CronJob');

function planned(shop: Platform, props: AutoscaleOnDemandProps): PlannedServer {
  ranker({}, shop).autoscale(autoscaleOnDemand(props));
  const [found] = plannedServers(shop, []);
  if (found === undefined) throw new Error('no server');
  return found;
}

test('what is to be pasted is in the words of an environment file, without what nobody measured', () => {
  expect(proposalYaml(proposedAutoscaling(server(), proposal))).toBe(
    [
      'autoscaling:',
      '  replicas: [ 3, 30 ]',
      '  requests: 85',
      '  window: 30s',
      '  behavior:',
      '    up: { stabilizationWindow: 0s, policies: [ { percent: 100, every: 15s } ], select: Max }',
      '    down: { stabilizationWindow: 120s, policies: [ { pods: 1, every: 1m } ], select: Max }',
      '  tolerance: { up: 5% }',
      '  perReplica: { rps: 100, serviceTime: 6ms, readyAfter: 90s }',
      '',
    ].join('\n'),
  );
});
