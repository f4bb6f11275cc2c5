import type { TrainingJobProps } from '../../../lib';
import { objectsOf, platform, problemsOf } from '../../serving/fixtures';
import { FOUR_NODES, jobSetPlatform, training } from '../fixtures';

const kindOf = (props: Partial<TrainingJobProps>, scope = jobSetPlatform()) => training(props, scope).nodes.job.kind;

test.each([
  ['several nodes are a JobSet', FOUR_NODES, 'JobSet'],
  ['one node is a Job, which has nobody to start again with', {}, 'Job'],
  ['a schedule is a CronJob, which JobSets have none of', { ...FOUR_NODES, schedule: '0 2 * * *' }, 'CronJob'],
  ['a deadline is a Job, as a JobSet ends each attempt only', { ...FOUR_NODES, deadline: '6h' }, 'Job'],
  ['several nodes are a Job where it is named', { ...FOUR_NODES, engine: 'job' }, 'Job'],
  ['one node is a JobSet where it is named', { engine: 'jobset' }, 'JobSet'],
] as const)('with the add-on, %s', (_what, props, kind) => {
  expect(kindOf(props)).toBe(kind);
});

test('a plain Job is always enough', () => {
  expect(kindOf(FOUR_NODES, platform())).toBe('Job');
});

test('a JobSet where the cluster has none is refused', () => {
  expect(problemsOf(() => objectsOf(training({ ...FOUR_NODES, engine: 'jobset' })))).toEqual([
    "[shop/retraining] engine must be 'job' in a cluster without the add-on 'jobset', got 'jobset': add it to cluster.addons",
  ]);
});

test('what a JobSet can not do is refused with the alternative, and not dropped', () => {
  const props = { ...FOUR_NODES, engine: 'jobset', schedule: '0 2 * * *', deadline: '6h' } as const;
  expect(problemsOf(() => objectsOf(training(props, jobSetPlatform())))).toEqual([
    "[shop/retraining] schedule must be left out with the engine 'jobset', which runs once, got '0 2 * * *': set engine to 'job'",
    "[shop/retraining] deadline must be left out with the engine 'jobset', which can only end each attempt, after 24h, got '6h': set engine to 'job'",
  ]);
});

test('an engine that is not known is refused', () => {
  // @ts-expect-error: not one of the engines
  expect(problemsOf(() => training({ engine: 'jobSet' }))).toEqual([
    "[shop/retraining] engine must be one of job, jobset, trainjob, rayjob, got 'jobSet': did you mean 'jobset'?",
  ]);
});
