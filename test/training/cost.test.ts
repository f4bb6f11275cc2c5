import fc from 'fast-check';
import { type TrainingJobProps, TrainingQueue } from '../../lib';
import { derivationsOf } from '../../lib/core/derivation';
import { gpuHoursBelow } from '../../lib/core/gpu-hours';
import { gpuHoursOfMonth, gpuHoursOfRun } from '../../lib/training/cost';
import { objectsOf, platform, problemsOf } from '../serving/fixtures';
import { FOUR_NODES, jobSetPlatform, training } from './fixtures';

fc.configureGlobal({ seed: 42 });

const rows = (props: Partial<TrainingJobProps>, shop = platform()) =>
  derivationsOf(training({ ...FOUR_NODES, ...props }, shop)).flatMap(({ derivations }) => derivations);

const NIGHTLY = { schedule: '0 2 * * *', expectedDuration: '3h' } as const;

test('a run costs its nodes × GPUs × hours as a rule, and a month as many runs as are due in it', () => {
  expect(rows(NIGHTLY)).toEqual([
    { what: 'GPU-hours of a run', value: '96', formula: '4 nodes × 8 GPUs × 3h, no retries' },
    { what: 'GPU-hours of a month', value: '2922', formula: '30.4 runs × 96' },
  ]);
});

test('without an expected duration, a run costs at most what its deadline lets it, with all its retries', () => {
  expect(rows({ schedule: '0 2 * * 1', deadline: '6h' })).toEqual([
    { what: 'GPU-hours of a run, at most', value: '192', formula: '4 nodes × 8 GPUs × 6h deadline, retries included' },
    { what: 'GPU-hours of a month, at most', value: '834.9', formula: '4.3 runs × 192' },
  ]);
  expect(rows({})).toEqual([
    { what: 'GPU-hours of a run, at most', value: '768', formula: '4 nodes × 8 GPUs × 24h deadline, retries included' },
  ]);
});

test('what is one is one, and what is rare is not nothing', () => {
  expect(rows({ nodes: 1, gpusPerNode: 1, schedule: '0 0 29 2 *', expectedDuration: '1h' })).toEqual([
    { what: 'GPU-hours of a run', value: '1', formula: '1 node × 1 GPU × 1h, no retries' },
    { what: 'GPU-hours of a month', value: '0.021', formula: '0.021 runs × 1' },
  ]);
});

test('a JobSet has its deadline for each attempt', () => {
  expect(rows({ retries: 2 }, jobSetPlatform())).toEqual([
    {
      what: 'GPU-hours of a run, at most',
      value: '2304',
      formula: '4 nodes × 8 GPUs × 24h deadline × 3 attempts, disruptions aside',
    },
  ]);
  expect(rows({ retries: 0 }, jobSetPlatform())[0]?.formula).toBe(
    '4 nodes × 8 GPUs × 24h deadline × 1 attempt, disruptions aside',
  );
  expect(rows({ expectedDuration: '3h' }, jobSetPlatform())).toEqual([
    { what: 'GPU-hours of a run', value: '96', formula: '4 nodes × 8 GPUs × 3h, no retries' },
  ]);
});

test('a queue may stop a run for another, and its deadline begins anew', () => {
  const shop = jobSetPlatform();
  const gpus = { count: 32, type: 'nvidia-a100-80gb' } as const;
  const queue = new TrainingQueue(shop, 'gpus', { gpus, cpu: '128', memory: '1Ti' });
  expect(rows({ engine: 'job', gpuType: gpus.type, queue }, shop)[0]?.formula).toBe(
    '4 nodes × 8 GPUs × 24h deadline, retries included, begun anew when stopped for another',
  );
});

test('runs never overlap, so that a month costs no more than it has hours', () => {
  expect(rows({ schedule: '0 * * * *' })[1]).toEqual({
    what: 'GPU-hours of a month, at most',
    value: '23376',
    formula: '4 nodes × 8 GPUs × 730.5h, as runs never overlap',
  });
});

test('a run on CPU has no GPU-hours', () => {
  expect(rows({ gpusPerNode: 0, ...NIGHTLY })).toEqual([]);
  expect(gpuHoursBelow(training(NIGHTLY))).toEqual([]);
});

test('GPU-hours are told by type, for sums over the platform', () => {
  const shop = platform();
  training({ ...FOUR_NODES, ...NIGHTLY, gpuType: 'nvidia-a100-80gb' }, shop);
  expect(gpuHoursBelow(shop.node.root)).toEqual([
    { gpuType: 'nvidia-a100-80gb', perRun: 96, perMonth: 2922, isBound: false },
  ]);
  expect(gpuHoursBelow(training({ gpusPerNode: 1 }))).toEqual([{ gpuType: undefined, perRun: 24, isBound: true }]);
});

test('an hour of a card is an hour of a card, however many there are and however long they run', () => {
  const count = fc.integer({ min: 1, max: 1000 });
  fc.assert(
    fc.property(count, count, count, count, (nodes, gpusPerNode, minutes, runs) => {
      const run = { nodes, gpusPerNode, duration: `${minutes}m` } as const;
      const month = gpuHoursOfMonth({ ...run, runs });
      expect(gpuHoursOfRun(run)).toBeCloseTo((nodes * gpusPerNode * minutes) / 60, 3);
      expect(month).toBeLessThanOrEqual(nodes * gpusPerNode * 730.5);
      if (runs * minutes <= 730.5 * 60) expect(month).toBeCloseTo(runs * gpuHoursOfRun(run), 3);
    }),
  );
});

test.each<[what: string, props: Partial<TrainingJobProps>, problem: string]>([
  [
    'an expected end after the deadline',
    { expectedDuration: '7h', deadline: '6h' },
    "expectedDuration must be at most the deadline, '6h', got '7h': the run would be ended before",
  ],
  [
    'an expected end after the default deadline',
    { expectedDuration: '25h' },
    "expectedDuration must be at most the deadline, '24h', got '25h': the run would be ended before",
  ],
  [
    'a schedule that never comes',
    { schedule: '0 2 31 2,4 *' },
    "schedule must name a day that there is, got '0 2 31 2,4 *': it would never run",
  ],
])('%s is refused', (_what, props, problem) => {
  expect(problemsOf(() => objectsOf(training(props)))).toEqual([`[shop/retraining] ${problem}`]);
});

test('in production, runs that are due more often than they end are warned about', () => {
  const warnings = (expectedDuration: '59m' | '61m', production = true) =>
    objectsOf(training({ schedule: '0 * * * *', expectedDuration }, platform({ production }))).warnings.map(
      ({ text }) => text,
    );
  const OFTEN =
    "schedule '0 * * * *' is due more often than runs of 61m end: those that fall into another are late or left out";
  expect(warnings('61m')).toContain(OFTEN);
  expect(warnings('59m').join()).not.toContain('more often');
  expect(warnings('61m', false)).not.toContain(OFTEN);
});
