import { footprint } from '../../lib/capacity/footprint';
import { NO_GPUS } from '../../lib/capacity/gpus';

const GI = 2 ** 30;
const metadata = { name: 'ranker', namespace: 'shop' };
const pod = (gpus: number) => ({
  containers: [{ resources: { requests: { cpu: '1', memory: '2Gi', 'nvidia.com/gpu': gpus } } }],
});
const pods = (count: number, gpus: number) => ({ pods: count, cpu: count, memory: count * 2 * GI, ...NO_GPUS, gpus });

function isvc(predictor: object) {
  return {
    apiVersion: 'serving.kserve.io/v1beta1',
    kind: 'InferenceService',
    metadata,
    spec: { predictor: { ...pod(1), ...predictor } },
  };
}

function ray(upgradeStrategy?: object) {
  return {
    apiVersion: 'ray.io/v1',
    kind: 'RayService',
    metadata,
    spec: {
      ...(upgradeStrategy && { upgradeStrategy }),
      rayClusterConfig: {
        headGroupSpec: { template: { spec: pod(0) } },
        workerGroupSpecs: [{ groupName: 'serve', replicas: 3, template: { spec: pod(1) } }],
      },
    },
  };
}

test('an InferenceService asks for its replicas, and for its surge while it rolls', () => {
  const deploymentStrategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } };
  expect(footprint([isvc({ minReplicas: 3, deploymentStrategy })])).toEqual({ least: pods(3, 3), most: pods(4, 4) });
});

test('the autoscaler of its Deployment decides on its replicas', () => {
  const deploymentStrategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0 } };
  const autoscaler = {
    kind: 'HorizontalPodAutoscaler',
    metadata,
    spec: { scaleTargetRef: { kind: 'Deployment', name: 'ranker-predictor' }, minReplicas: 2, maxReplicas: 9 },
  };
  expect(footprint([isvc({ deploymentStrategy }), autoscaler])).toEqual({ least: pods(2, 2), most: pods(9, 9) });
});

test('kuberay#4239: a RayService asks for its head and workers, and for all of them twice while a new cluster takes over', () => {
  expect(footprint([ray()])).toEqual({ least: pods(4, 3), most: pods(8, 6) });
  expect(footprint([ray({ type: 'NewCluster' })])).toEqual({ least: pods(4, 3), most: pods(8, 6) });
  expect(footprint([ray({ type: 'None' })])).toEqual({ least: pods(4, 3), most: pods(4, 3) });
});

test('a kind of the same name in another group is not one of these', () => {
  const nothing = { pods: 0, cpu: 0, memory: 0, ...NO_GPUS };
  expect(footprint([{ ...ray(), apiVersion: 'example.com/v1' }])).toEqual({ least: nothing, most: nothing });
});

test('a RayJob asks for its head, its workers and who submits its program while it runs', () => {
  const { rayClusterConfig: rayClusterSpec } = ray().spec;
  const job = { ...ray(), kind: 'RayJob', spec: { rayClusterSpec, submitterPodTemplate: { spec: pod(0) } } };
  expect(footprint([job])).toEqual({ least: pods(0, 0), most: pods(5, 3) });
});

test('a TrainJob asks for the pods of its TrainingRuntime while it runs', () => {
  const job = { parallelism: 4, completions: 4, template: { spec: pod(8) } };
  const runtime = {
    apiVersion: 'trainer.kubeflow.org/v1alpha1',
    kind: 'TrainingRuntime',
    metadata,
    spec: { template: { spec: { replicatedJobs: [{ replicas: 1, template: { spec: job } }] } } },
  };
  const run = { ...runtime, kind: 'TrainJob', spec: { trainer: { numNodes: 4 } } };
  expect(footprint([runtime, run])).toEqual({ least: pods(0, 0), most: pods(4, 32) });
});
