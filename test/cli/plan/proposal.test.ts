import type { Proposal } from '../../../lib/cli/plan/find-proposal';
import type { PlannedServer } from '../../../lib/cli/plan/planned-server';
import { proposalYaml, proposedAutoscaling, withProposal } from '../../../lib/cli/plan/proposal';
import type { Manifest } from '../../../lib/synth/manifest';

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
  const pods = { metric: { name: 'requests' }, target: { type: 'AverageValue', averageValue: '80' } };
  const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'adapter' } };
  const [proposed, other] = withProposal(server(hpa({ type: 'Pods', pods }), configMap), proposal);
  expect(proposed?.spec).toEqual({
    scaleTargetRef: { name: 'ranker' },
    minReplicas: 3,
    maxReplicas: 30,
    metrics: [
      { type: 'Pods', pods: { metric: { name: 'requests' }, target: { type: 'AverageValue', averageValue: '85' } } },
    ],
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
      external: { metric: { name: 'ranker-requests' }, target: { type: 'AverageValue', averageValue: '85' } },
    },
  ]);
});

test('of a ScaledObject the query and the calendar stay, and CPU goes', () => {
  const cron = { type: 'cron', metadata: { timezone: 'Asia/Shanghai', start: '0 19 * * *', desiredReplicas: '12' } };
  const query = 'sum(rate(nv_inference_count[30s]))';
  const [proposed] = withProposal(
    server({
      apiVersion: 'keda.sh/v1alpha1',
      kind: 'ScaledObject',
      metadata: { name: 'ranker' },
      spec: {
        minReplicaCount: 1,
        maxReplicaCount: 5,
        triggers: [
          { type: 'prometheus', metadata: { query, threshold: '80' } },
          { type: 'cpu', metricType: 'Utilization', metadata: { value: '60' } },
          cron,
        ],
      },
    }),
    proposal,
  );
  expect(proposed?.spec).toEqual({
    minReplicaCount: 3,
    maxReplicaCount: 30,
    advanced: { horizontalPodAutoscalerConfig: { behavior } },
    triggers: [{ type: 'prometheus', metadata: { query, threshold: '85' } }, cron],
  });
});

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
