import type { Container, PodSpec } from 'kubernetes-types/core/v1';
import { envOf } from '../../serving/fixtures';
import { FOUR_NODES, jobOf, jobSetOf, podOf } from '../fixtures';

const inner = (props: Parameters<typeof jobSetOf>[0] = {}) => jobSetOf(props).replicatedJobs[0]?.template.spec;
const pod = (props: Parameters<typeof jobSetOf>[0] = {}) => inner(props)?.template.spec as Required<PodSpec>;

test('a run is one Indexed Job of as many pods as nodes, in a JobSet that succeeds with it', () => {
  const { replicatedJobs, successPolicy } = jobSetOf();
  expect(replicatedJobs.map(({ name, replicas }) => [name, replicas])).toEqual([['node', 1]]);
  expect(inner()).toMatchObject({ completionMode: 'Indexed', completions: 4, parallelism: 4 });
  expect(successPolicy).toEqual({ operator: 'All' });
});

test('trainer#2000: the Job fails with its first pod, and the JobSet starts all of them again, as often as there are retries', () => {
  expect(inner()?.backoffLimit).toBe(0);
  expect(jobSetOf().failurePolicy.maxRestarts).toBe(3);
  expect(jobSetOf({ retries: 0 }).failurePolicy.maxRestarts).toBe(0);
});

test('no pod of a new attempt runs beside one of the last: they would write the same checkpoints', () => {
  expect(jobSetOf().failurePolicy.restartStrategy).toBe('BlockingRecreate');
  expect(inner()?.podReplacementPolicy).toBe('Failed');
});

test('a disruption starts all again and costs no retry; a fatal exit code or the deadline ends the run', () => {
  expect(jobSetOf({ fatalExitCodes: [42] }).failurePolicy.rules).toEqual([
    {
      name: 'disrupted',
      action: 'RestartJobSetAndIgnoreMaxRestarts',
      onJobFailureReasons: ['PodFailurePolicy'],
      onJobFailureMessagePatterns: ['matching FailJob rule at index 0$'],
    },
    { name: 'fatal', action: 'FailJobSet', onJobFailureReasons: ['PodFailurePolicy', 'DeadlineExceeded'] },
  ]);
  expect(inner({ fatalExitCodes: [42, 3] })?.podFailurePolicy?.rules).toEqual([
    { action: 'FailJob', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
    { action: 'FailJob', onExitCodes: { containerName: 'trainer', operator: 'In', values: [3, 42] } },
  ]);
});

test('the message of the Job tells a disruption from a fatal exit code', () => {
  const pattern = new RegExp(jobSetOf().failurePolicy.rules[0]?.onJobFailureMessagePatterns?.[0] ?? '');
  const pods = 'Pod shop/retraining-node-0-1 has condition DisruptionTarget matching FailJob rule at index 0';
  const exit =
    'Container trainer for pod shop/retraining-node-0-1 failed with exit code 42 matching FailJob rule at index 1';
  expect([pattern.test(pods), pattern.test(exit)]).toEqual([true, false]);
});

test('trainer#3779: only the JobSet has a time to live; a Job that is deleted would be made anew, its retries unspent', () => {
  expect(jobSetOf({ keepFinished: '90m' }).ttlSecondsAfterFinished).toBe(5400);
  expect(inner()).not.toHaveProperty('ttlSecondsAfterFinished');
});

test('an attempt ends after a day', () => {
  expect(inner()?.activeDeadlineSeconds).toBe(86_400);
});

test('the nodes meet at the first, by the host name that the controller gives it, also while it is not ready', () => {
  expect(jobSetOf().network).toEqual({ enableDNSHostnames: true, publishNotReadyAddresses: true });
  const [trainer] = pod().containers;
  expect(envOf(trainer ?? {}).PET_MASTER_ADDR).toBe('retraining-node-0-0.retraining');
});

test('beside how they meet and start again, the pods are those of a plain Job', () => {
  const withoutMeeting = ({ subdomain, ...spec }: PodSpec) => ({
    ...spec,
    containers: spec.containers.map(({ env = [], ...trainer }: Container) => ({
      ...trainer,
      env: env.filter(({ name }) => !name.startsWith('PET_') && name !== 'JOB_NAME'),
    })),
  });
  const props = { ...FOUR_NODES, checkpoints: { claim: 'checkpoints', every: '10m' } } as const;
  expect(withoutMeeting(pod(props))).toEqual(withoutMeeting(podOf(props)));
  expect(inner()?.template.metadata).toEqual(jobOf(FOUR_NODES).template.metadata);
});
