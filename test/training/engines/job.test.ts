import type { Platform } from '../../../lib';
import { envOf, platform } from '../../serving/fixtures';
import { cronJobOf, FOUR_NODES, jobOf, podOf, trainerOf } from '../fixtures';

test('a run is an Indexed Job with a pod for each node, all at the same time', () => {
  expect(jobOf(FOUR_NODES)).toMatchObject({ completionMode: 'Indexed', completions: 4, parallelism: 4 });
  expect(jobOf()).toMatchObject({ completionMode: 'Indexed', completions: 1, parallelism: 1 });
});

test('there are never two pods of one rank: a replacement waits for the old pod to be gone', () => {
  expect(jobOf().podReplacementPolicy).toBe('Failed');
});

test('failures are made good three times unless a number is given', () => {
  expect(jobOf().backoffLimit).toBe(3);
  expect(jobOf({ retries: 0 }).backoffLimit).toBe(0);
  expect(envOf(trainerOf({ ...FOUR_NODES, retries: 7 })).PET_MAX_RESTARTS).toBe('7');
});

test('the first node knows itself as the host of the meeting by its whole name, which needs no DNS', () => {
  const endpoint = (shop?: Platform) => {
    const [trainer] = podOf(FOUR_NODES, shop).containers;
    return envOf(trainer ?? {}).PET_RDZV_ENDPOINT;
  };
  expect(endpoint()).toBe('$(JOB_NAME)-0.retraining.shop.svc.cluster.local:29500');
  const cluster = { kubernetes: '1.33', dnsDomain: 'shop.internal' } as const;
  expect(endpoint(platform({ namespace: 'live', cluster }))).toBe(
    '$(JOB_NAME)-0.retraining.live.svc.shop.internal:29500',
  );
});

const DISRUPTED = { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] };

test('an eviction or a lost node is not counted as a failure', () => {
  expect(jobOf().podFailurePolicy).toEqual({ rules: [DISRUPTED] });
});

test('an eviction comes before its exit code: torchrun ends with 1 then, which may also be declared fatal', () => {
  expect(jobOf({ fatalExitCodes: [1] }).podFailurePolicy).toEqual({
    rules: [DISRUPTED, { action: 'FailJob', onExitCodes: { containerName: 'trainer', operator: 'In', values: [1] } }],
  });
});

test('fatal exit codes are in order and each is there once, as the API server demands', () => {
  const [, fatal] = jobOf({ fatalExitCodes: [42, 3, 42, 100] }).podFailurePolicy.rules;
  expect(fatal?.onExitCodes?.values).toEqual([3, 42, 100]);
  expect(trainerOf().name).toBe(fatal?.onExitCodes?.containerName);
});

test('a run ends after a day, and is kept for another, unless other times are given', () => {
  expect(jobOf()).toMatchObject({ activeDeadlineSeconds: 86_400, ttlSecondsAfterFinished: 86_400 });
  expect(jobOf({ deadline: '6h', keepFinished: '90m' })).toMatchObject({
    activeDeadlineSeconds: 21_600,
    ttlSecondsAfterFinished: 5400,
  });
});

test('times of less than a second are rounded up, because Kubernetes takes whole ones', () => {
  expect(jobOf({ deadline: '1500ms', keepFinished: '1ms' })).toMatchObject({
    activeDeadlineSeconds: 2,
    ttlSecondsAfterFinished: 1,
  });
});

test('a run on a schedule is the same Job, in a template', () => {
  const { schedule, jobTemplate } = cronJobOf(FOUR_NODES);
  expect(schedule).toBe('0 2 * * *');
  expect(jobTemplate.spec).toEqual(jobOf(FOUR_NODES));
});

test('runs never overlap, start within an hour or not at all, and the last three of each kind are kept', () => {
  expect(cronJobOf()).toMatchObject({
    timeZone: 'Etc/UTC',
    concurrencyPolicy: 'Forbid',
    startingDeadlineSeconds: 3600,
    successfulJobsHistoryLimit: 3,
    failedJobsHistoryLimit: 3,
  });
  expect(cronJobOf({ timeZone: 'Asia/Shanghai' }).timeZone).toBe('Asia/Shanghai');
});
