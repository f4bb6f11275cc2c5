import { App, Chart } from 'cdk8s';
import { type ScaledObjectSpec, scaledObject } from '../../lib/crds/keda';
import { inferenceService, predictorName } from '../../lib/crds/kserve';
import { type RayService, rayService } from '../../lib/crds/ray';

const chart = () => new Chart(new App(), 'shop', { namespace: 'shop' });
const pod = { containers: [{ name: 'server', image: 'registry.example.com/ranker:1' }] };

test('an InferenceService goes out as it is written', () => {
  const spec = { predictor: { ...pod, minReplicas: 2, labels: { team: 'search' } } };
  expect(inferenceService(chart(), 'ranker', { metadata: { name: 'ranker' }, spec }).toJson()).toEqual({
    apiVersion: 'serving.kserve.io/v1beta1',
    kind: 'InferenceService',
    metadata: { name: 'ranker', namespace: 'shop' },
    spec,
  });
});

test('what KServe makes of it is called after it', () => {
  expect(predictorName('ranker')).toBe('ranker-predictor');
});

test('a RayService goes out as it is written', () => {
  const spec: RayService['spec'] = {
    upgradeStrategy: { type: 'None' },
    serveConfigV2: 'applications: []\n',
    serveService: { metadata: { name: 'ranker' }, spec: { ports: [{ name: 'serve', port: 8000 }] } },
    excludeHeadPodFromServeSvc: true,
    rayClusterConfig: {
      rayVersion: '2.60.0',
      headGroupSpec: { rayStartParams: { 'num-cpus': '0' }, template: { spec: pod } },
      workerGroupSpecs: [],
    },
  };
  const object = rayService(chart(), 'ranker', { metadata: { name: 'ranker' }, spec });
  expect(object.toJson()).toEqual({
    apiVersion: 'ray.io/v1',
    kind: 'RayService',
    metadata: { name: 'ranker', namespace: 'shop' },
    spec,
  });
});

test('a ScaledObject goes out as it is written', () => {
  const rules = { stabilizationWindowSeconds: 0, selectPolicy: 'Max', policies: [] };
  const spec: ScaledObjectSpec = {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'ranker' },
    minReplicaCount: 0,
    maxReplicaCount: 9,
    advanced: { horizontalPodAutoscalerConfig: { behavior: { scaleUp: rules, scaleDown: rules } } },
    triggers: [{ type: 'cpu', name: 'cpu', metricType: 'Utilization', metadata: { value: '60' } }],
  };
  expect(scaledObject(chart(), 'ranker', { metadata: { name: 'ranker' }, spec }).toJson()).toEqual({
    apiVersion: 'keda.sh/v1alpha1',
    kind: 'ScaledObject',
    metadata: { name: 'ranker', namespace: 'shop' },
    spec,
  });
});
