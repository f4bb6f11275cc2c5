import { disruptionBudget } from '../../lib/platform/disruption-budget';
import { workloadMetadata } from '../../lib/platform/labels';

test('a node drains one pod at a time, and broken pods never block it', () => {
  const metadata = workloadMetadata('ranker', 'model-server');
  expect(disruptionBudget(metadata, { 'app.kubernetes.io/name': 'ranker' })).toEqual({
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata,
    spec: {
      maxUnavailable: 1,
      selector: { matchLabels: { 'app.kubernetes.io/name': 'ranker' } },
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
    },
  });
});
