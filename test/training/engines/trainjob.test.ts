import { TrainingQueue } from '../../../lib';
import { envOf, objectsOf } from '../../serving/fixtures';
import { enginePlatform, FOUR_NODES, jobSetOf, training, trainingRuntimeOf } from '../fixtures';

const TRAIN_JOB = { ...FOUR_NODES, engine: 'trainjob' } as const;
const inner = (props = {}) => trainingRuntimeOf(props).template.spec.replicatedJobs[0]?.template;
const container = (props = {}) => inner(props)?.spec.template.spec?.containers[0];

test('a run is a TrainJob on a TrainingRuntime of its own, which is there before: none of the cluster must be', () => {
  const job = training(TRAIN_JOB, enginePlatform());
  const manifests = objectsOf(job);
  expect(job.nodes.job.node.dependencies).toEqual([job.nodes.trainingRuntime]);
  expect(manifests.get('TrainJob', 'retraining').spec).toEqual({
    runtimeRef: { apiGroup: 'trainer.kubeflow.org', kind: 'TrainingRuntime', name: 'retraining' },
    trainer: { numNodes: 4, numProcPerNode: 8 },
  });
  expect([job.nodes.job.kind, job.nodes.trainingRuntime?.kind, job.nodes.service]).toEqual([
    'TrainJob',
    'TrainingRuntime',
    undefined,
  ]);
});

test("torchrun's variables are the controller's: none is there twice", () => {
  const names = Object.keys(envOf(container() ?? {})).filter((name) => name.startsWith('PET_') || name === 'JOB_NAME');
  expect(names).toEqual(['PET_MAX_RESTARTS']);
  expect(trainingRuntimeOf().mlPolicy).toEqual({ numNodes: 4, torch: { numProcPerNode: 8 } });
  expect(trainingRuntimeOf({ gpusPerNode: 0 }).mlPolicy).toEqual({ numNodes: 4, torch: { numProcPerNode: 1 } });
});

test('the controller finds the nodes by the label of their Job and the name of their container', () => {
  expect(inner()?.metadata).toEqual({ labels: { 'trainer.kubeflow.org/trainjob-ancestor-step': 'trainer' } });
  expect(container()?.name).toBe('node');
  const [, fatal] = inner({ fatalExitCodes: [42] })?.spec.podFailurePolicy?.rules ?? [];
  expect(fatal?.onExitCodes?.containerName).toBe('node');
});

test('trainer#3779: nothing has a time to live, as a JobSet that is gone would be made anew and run again', () => {
  expect(JSON.stringify(trainingRuntimeOf())).not.toContain('ttlSecondsAfterFinished');
});

test('beside its variables and the time to live, it is the gang of a JobSet', () => {
  const { ttlSecondsAfterFinished: _, ...gang } = jobSetOf();
  const spec = trainingRuntimeOf().template.spec;
  expect({ ...spec, replicatedJobs: [] }).toEqual({ ...gang, replicatedJobs: [] });
  const plain = gang.replicatedJobs[0]?.template.spec;
  expect({ ...inner()?.spec, template: {} }).toEqual({ ...plain, template: {} });
  expect(container()?.resources).toEqual(plain?.template.spec?.containers[0]?.resources);
});

test('a queue takes in the TrainJob, and not its runtime', () => {
  const scope = enginePlatform();
  const queue = new TrainingQueue(scope, 'gpus', {
    gpus: { count: 32, type: 'nvidia-a100-80gb' },
    cpu: '256',
    memory: '2Ti',
  });
  const manifests = objectsOf(training({ ...TRAIN_JOB, gpuType: 'nvidia-a100-80gb', queue }, scope));
  const queued = ['TrainJob', 'TrainingRuntime'].map(
    (kind) => manifests.get(kind, 'retraining').metadata.labels?.['kueue.x-k8s.io/queue-name'],
  );
  expect(queued).toEqual(['gpus', undefined]);
});

test('transform.trainingRuntime has the last word on it', () => {
  const change = { metadata: { annotations: { changed: 'yes' } } };
  const manifests = objectsOf(training({ ...TRAIN_JOB, transform: { trainingRuntime: change } }, enginePlatform()));
  expect(manifests.get('TrainingRuntime', 'retraining').metadata.annotations).toEqual({ changed: 'yes' });
});
