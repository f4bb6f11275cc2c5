import { NO_GPUS } from '../../lib/capacity/gpus';
import { describeFootprint } from '../../lib/cli/describe-footprint';

const GIB = 2 ** 30;

test.each([
  ['whole numbers', { pods: 7, cpu: 34, memory: 98 * GIB, gpus: 0 }, '7 pods ask for 34 CPU, 98 GiB of memory'],
  [
    'several GPUs',
    { pods: 7, cpu: 34, memory: 98 * GIB, gpus: 3 },
    '7 pods ask for 34 CPU, 98 GiB of memory and 3 GPUs',
  ],
  ['one GPU', { pods: 7, cpu: 34, memory: 98 * GIB, gpus: 1 }, '7 pods ask for 34 CPU, 98 GiB of memory and 1 GPU'],
  ['one pod', { pods: 1, cpu: 2, memory: GIB, gpus: 0 }, '1 pod asks for 2 CPU, 1 GiB of memory'],
  ['nothing', { pods: 0, cpu: 0, memory: 0, gpus: 0 }, '0 pods ask for 0 CPU, 0 GiB of memory'],
  [
    'the noise of sums',
    { pods: 3, cpu: 0.1 + 0.2, memory: 1.25 * GIB, gpus: 0 },
    '3 pods ask for 0.3 CPU, 1.3 GiB of memory',
  ],
  [
    'parts of a core',
    { pods: 2, cpu: 1.005, memory: 256 * 2 ** 20, gpus: 0 },
    '2 pods ask for 1 CPU, 0.3 GiB of memory',
  ],
])('%s', (_what, footprint, text) => {
  expect(describeFootprint({ ...NO_GPUS, ...footprint })).toBe(text);
});

test.each([
  [{ gpus: 3, gpuSlices: 2 }, ', 3 GPUs and 2 GPU slices'],
  [{ gpuSlices: 1 }, ' and 1 GPU slice'],
  [{ gpus: 1, gpuSlices: 2, gpuShares: 1 }, ', 1 GPU, 2 GPU slices and 1 GPU share'],
  [{ gpuShares: 4, gpuMemory: 24 * GIB }, ', 4 GPU shares and 24 GiB of shared GPU memory'],
])('parts of GPUs are told from whole ones: %j', (gpus, text) => {
  const footprint = { pods: 7, cpu: 34, memory: 98 * GIB, ...NO_GPUS, ...gpus };
  expect(describeFootprint(footprint)).toBe(`7 pods ask for 34 CPU, 98 GiB of memory${text}`);
});
