import { type Component, podLabels, selectorLabels, workloadMetadata } from '../../lib/platform/labels';

const ranker = { platform: 'shop', name: 'ranker' };

test('pods are selected by the name of their workload and of its platform, and by nothing that may change', () => {
  expect(selectorLabels(ranker)).toEqual({
    'app.kubernetes.io/name': 'ranker',
    'app.kubernetes.io/part-of': 'shop',
  });
});

test('the objects of a workload say its name and its role', () => {
  expect(workloadMetadata('ranker', 'model-server')).toEqual({
    name: 'ranker',
    labels: { 'app.kubernetes.io/name': 'ranker', 'app.kubernetes.io/component': 'model-server' },
  });
});

test('pods also say their role, their version if there is one, and who manages them', () => {
  expect(podLabels({ ...ranker, component: 'model-server', version: '42' })).toEqual({
    'app.kubernetes.io/name': 'ranker',
    'app.kubernetes.io/part-of': 'shop',
    'app.kubernetes.io/component': 'model-server',
    'app.kubernetes.io/managed-by': 'recstack',
    'app.kubernetes.io/version': '42',
  });
  expect(podLabels({ ...ranker, component: 'training' })).not.toHaveProperty(['app.kubernetes.io/version']);
});

test('pods always have the labels by which they are selected', () => {
  const components: Component[] = ['model-server', 'training', 'monitoring'];
  for (const component of components) {
    expect(podLabels({ ...ranker, component, version: '1' })).toMatchObject(selectorLabels(ranker));
  }
});
