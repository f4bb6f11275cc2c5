import { describeGpuHours } from '../../lib/cli/describe-gpu-hours';

const NIGHTLY = { gpuType: 'nvidia-a100-80gb', perRun: 96, perMonth: 2922, isBound: false } as const;
const ONCE = { gpuType: 'nvidia-a100-80gb', perRun: 100, isBound: false } as const;

test.each([
  ['nothing for no GPUs', [], ''],
  ['what a month costs', [NIGHTLY], 'training asks for 2922 GPU-hours of nvidia-a100-80gb a month\n'],
  [
    'several jobs together, and apart what runs once',
    [NIGHTLY, ONCE, NIGHTLY, ONCE],
    'training asks for 5844 GPU-hours of nvidia-a100-80gb a month, and 200 once\n',
  ],
  [
    'a line for each type',
    [ONCE, { ...NIGHTLY, gpuType: 'nvidia-l4' }],
    'training asks for 100 GPU-hours of nvidia-a100-80gb once\ntraining asks for 2922 GPU-hours of nvidia-l4 a month\n',
  ],
  [
    'at most, as soon as one of them has only a bound',
    [NIGHTLY, { ...NIGHTLY, isBound: true }],
    'training asks for at most 5844 GPU-hours of nvidia-a100-80gb a month\n',
  ],
  [
    'GPUs of any type',
    [{ gpuType: undefined, perRun: 1.25, isBound: true }],
    'training asks for at most 1.3 GPU-hours of any type once\n',
  ],
])('the plan tells %s', (_what, hours, text) => {
  expect(describeGpuHours(hours)).toBe(text);
});
