import type { TrainingJobProps } from '../../lib';
import { objectsOf, problemsOf } from '../serving/fixtures';
import { cronJobOf, jobOf, training } from './fixtures';

const problems = (props: Partial<TrainingJobProps>) => problemsOf(() => objectsOf(training(props)));

test('a run that is due may start an hour late, unless said otherwise', () => {
  expect(cronJobOf().startingDeadlineSeconds).toBe(3600);
  expect(cronJobOf({ startingDeadline: '6h' }).startingDeadlineSeconds).toBe(21_600);
  expect(cronJobOf({ startingDeadline: '10s' }).startingDeadlineSeconds).toBe(10);
});

test('a starting deadline in which the controller may not look is refused', () => {
  expect(problems({ schedule: '0 2 * * *', startingDeadline: '9s' })).toEqual([
    "[shop/retraining] startingDeadline must be '10s' or more, got '9s': a run would never start in time",
  ]);
});

test('a starting deadline without a schedule is refused', () => {
  expect(problems({ startingDeadline: '2h' })).toEqual([
    "[shop/retraining] startingDeadline must come with a schedule, got '2h' and none: set schedule",
  ]);
});

test('without a calendar, runs are not suspended and bear no mark', () => {
  const { jobTemplate } = cronJobOf();
  expect(jobTemplate).not.toHaveProperty('metadata');
  expect(jobTemplate.spec).toEqual(jobOf());
});
