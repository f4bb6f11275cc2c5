import type { ObservedTraining } from '../../lib/core/observed';
import type { AlertRule, RecordingRule } from '../../lib/monitoring/alerts';
import { trainingRules } from '../../lib/monitoring/training-alerts';
import { checkpointAge, missedSeconds, pendingSeconds, stallSeconds } from '../../lib/monitoring/training-bounds';
import { trainingOf } from './fixtures';

const HOUR = 3600;
const DAY = 24 * HOUR;

type Rule = AlertRule | RecordingRule;
const rulesOf = (props: Partial<ObservedTraining> = {}, hasDcgm = true): readonly Rule[] =>
  trainingRules('shop', [trainingOf(props)], { hasDcgm })[0]?.rules ?? [];
const alertsOf = (...args: Parameters<typeof rulesOf>): Record<string, AlertRule> =>
  Object.fromEntries(rulesOf(...args).flatMap((rule) => ('alert' in rule ? [[rule.alert, rule]] : [])));
const recordsOf = (...args: Parameters<typeof rulesOf>): string[] =>
  rulesOf(...args).flatMap((rule) => ('record' in rule ? [rule.record] : []));

test('training that has all of it has an alert of each kind, with the severity by which it is sent on', () => {
  const alerts = Object.values(alertsOf({ periodSeconds: DAY }));
  expect(alerts.map(({ alert, labels }) => [alert, labels.severity])).toEqual([
    ['TrainingStarted', 'info'],
    ['TrainingSucceeded', 'info'],
    ['TrainingFailed', 'critical'],
    ['TrainingScheduleMissed', 'critical'],
    ['TrainingPending', 'warning'],
    ['TrainingStalled', 'critical'],
    ['TrainingSilent', 'warning'],
    ['TrainingLossNotFinite', 'critical'],
    ['TrainingCheckpointOld', 'warning'],
    ['TrainingGpuIdle', 'warning'],
  ]);
});

test('every rule says whose it is; whoever is called reads a summary and a description', () => {
  for (const rule of rulesOf({ periodSeconds: DAY })) {
    expect(rule.labels).toMatchObject({ platform: 'shop', training: 'retraining' });
    if (!('alert' in rule)) continue;
    expect(rule.annotations.summary).toContain('retraining');
    expect(rule.annotations.description).not.toBe('');
  }
});

test('events are told at once, all else when it lasts', () => {
  for (const { alert, for: lasts, labels } of Object.values(alertsOf({ periodSeconds: DAY }))) {
    expect([alert, lasts !== undefined]).toEqual([alert, labels.severity !== 'info']);
  }
});

test.each([
  [
    'a program that tells nothing',
    { progressPort: undefined },
    ['Stalled', 'Silent', 'LossNotFinite', 'CheckpointOld'],
  ],
  ['training without checkpoints', { checkpointSeconds: undefined }, ['CheckpointOld']],
  ['training on CPU', { gpusPerNode: 0 }, ['GpuIdle']],
  ['one run', { periodSeconds: undefined }, ['ScheduleMissed']],
] as const)('of %s there are no alerts that nothing could raise', (_what, props, gone) => {
  const all = Object.keys(alertsOf({ periodSeconds: DAY }));
  expect(Object.keys(alertsOf({ periodSeconds: DAY, ...props }))).toEqual(
    all.filter((alert) => !gone.some((name) => alert === `Training${name}`)),
  );
});

test('without dcgm-exporter nobody knows whether a GPU is busy', () => {
  expect(alertsOf({}, false)).not.toHaveProperty('TrainingGpuIdle');
});

test('what is kept comes before the alerts; on CPU there are no GPU-hours, and without progress no pace', () => {
  const gpus = ['training:gpus_held:sum', 'training:gpu_hours_used:sum1h', 'training:gpu_hours_used:sum1d'];
  const pace = [
    'training:steps_per_second:deriv',
    'training:samples_per_second:deriv',
    'training:remaining_seconds:estimate',
  ];
  expect(recordsOf()).toEqual([...gpus, ...pace]);
  expect(recordsOf({ gpusPerNode: 0 })).toEqual(pace);
  expect(recordsOf({ progressPort: undefined })).toEqual(gpus);
  expect(rulesOf().findIndex((rule) => 'alert' in rule)).toBe(6);
});

test('a platform without training has no rules about it', () => {
  expect(trainingRules('shop', [], { hasDcgm: true })).toEqual([]);
});

test.each([
  ['two checkpoints', 10 * 60, DAY, 20 * 60],
  ['ten minutes at least', 60, DAY, 600],
  ['an hour at most', HOUR, DAY, HOUR],
  ['a share of the deadline without checkpoints', undefined, 12 * HOUR, 1800],
  ['ten minutes at least of a short run', undefined, HOUR, 600],
  ['an hour at most of a long run', undefined, 30 * DAY, HOUR],
])('a run is stalled after %s', (_what, checkpointSeconds, deadlineSeconds, expected) => {
  expect(stallSeconds(trainingOf({ checkpointSeconds, deadlineSeconds }))).toBe(expected);
});

test('the bounds follow from the settings of the training', () => {
  const props = { checkpointSeconds: 600, deadlineSeconds: 12 * HOUR, periodSeconds: DAY };
  const { TrainingStalled, TrainingSilent, TrainingGpuIdle, TrainingPending, ...rest } = alertsOf(props);
  expect(TrainingStalled?.expr).toBe(
    'changes(training_step{namespace="shop",job="retraining"}[20m]) == 0 and training_step{namespace="shop",job="retraining"} offset 20m and training_step{namespace="shop",job="retraining"}',
  );
  expect([TrainingSilent?.for, TrainingGpuIdle?.for, TrainingPending?.for]).toEqual(['20m', '20m', '30m']);
  expect(rest.TrainingCheckpointOld?.expr).toContain(' > 1800 and ');
  expect(rest.TrainingScheduleMissed?.expr).toContain(` > ${60 * HOUR} unless `);
});

test.each([
  ['a day', 12 * HOUR, 1800],
  ['the least', HOUR, 600],
])('pods may wait for a share of the deadline: %s', (_what, deadlineSeconds, expected) => {
  expect(pendingSeconds(trainingOf({ deadlineSeconds }))).toBe(expected);
});

test('a checkpoint may be late twice, and five minutes at least', () => {
  expect([checkpointAge(600), checkpointAge(30)]).toEqual([1800, 300]);
});

test('a schedule has been missed after two periods and the run of the second', () => {
  expect(missedSeconds(DAY, trainingOf({ deadlineSeconds: 6 * HOUR }))).toBe(54 * HOUR);
  expect(missedSeconds(HOUR, trainingOf({ deadlineSeconds: DAY }))).toBe(3 * HOUR);
});

test('what a calendar holds back during a sale has not been missed', () => {
  expect(missedSeconds(HOUR, trainingOf({ closedSeconds: 32 * HOUR }))).toBe(35 * HOUR);
});

test.each([
  ['of ten minutes', 600, '[30m:75s]'],
  ['of a day', DAY, '[3d:1h]'],
])('that a schedule %s was suspended is looked for at points within its window', (_what, periodSeconds, window) => {
  expect(alertsOf({ periodSeconds }).TrainingScheduleMissed?.expr).toContain(window);
});
