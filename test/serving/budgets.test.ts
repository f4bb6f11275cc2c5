import fc from 'fast-check';
import {
  cpuFor,
  ENDPOINT_LAG_SECONDS,
  gracePeriod,
  LOAD_BYTES_PER_SECOND,
  memoryFor,
  PULL_BYTES_PER_SECOND,
  progressDeadline,
  pullBudget,
  readyTime,
  startupBudget,
} from '../../lib/serving/budgets';

fc.configureGlobal({ seed: 42 });

const GI = 2 ** 30;
const size = fc.integer({ min: 1, max: 2 * 2 ** 40 });
const bandwidth = fc.integer({ min: 2 ** 20, max: 10 * GI });
const time = fc.integer({ min: 0, max: 3600 });

test('bandwidths are in bytes a second: 50 MiB from a store, 200 MiB from a disk', () => {
  expect(PULL_BYTES_PER_SECOND).toBe(52_428_800);
  expect(LOAD_BYTES_PER_SECOND).toBe(209_715_200);
});

test('a start may take twice the time of reading the model and warming up', () => {
  expect(startupBudget({ size: 18 * GI, bandwidth: LOAD_BYTES_PER_SECOND, warmUp: 60 })).toBe(305);
  expect(startupBudget({ size: 100, bandwidth: 10, warmUp: 5 })).toBe(30);
});

test('kserve#3795, triton#6469: a start is never given less than twice what it takes, in whole seconds', () => {
  fc.assert(
    fc.property(size, bandwidth, time, (size, bandwidth, warmUp) => {
      const budget = startupBudget({ size, bandwidth, warmUp });
      return Number.isInteger(budget) && budget >= 2 * (size / bandwidth + warmUp) && budget >= 2 * warmUp;
    }),
  );
});

test('a bigger model is never given less time to start, nor a faster disk more', () => {
  fc.assert(
    fc.property(size, size, bandwidth, bandwidth, time, (a, b, slow, fast, warmUp) => {
      const [smaller, bigger] = [Math.min(a, b), Math.max(a, b)];
      const [slower, faster] = [Math.min(slow, fast), Math.max(slow, fast)];
      expect(startupBudget({ size: bigger, bandwidth: slower, warmUp })).toBeGreaterThanOrEqual(
        startupBudget({ size: smaller, bandwidth: slower, warmUp }),
      );
      expect(startupBudget({ size: smaller, bandwidth: faster, warmUp })).toBeLessThanOrEqual(
        startupBudget({ size: smaller, bandwidth: slower, warmUp }),
      );
    }),
  );
});

test('a copy may take twice the time that its bandwidth says', () => {
  expect(pullBudget({ size: 18 * GI, bandwidth: PULL_BYTES_PER_SECOND })).toBe(738);
  expect(pullBudget({ size: 1000, bandwidth: 10 })).toBe(200);
});

test('a copy is given a minute at least, however small the model', () => {
  expect(pullBudget({ size: 1, bandwidth: PULL_BYTES_PER_SECOND })).toBe(60);
  fc.assert(fc.property(size, bandwidth, (size, bandwidth) => pullBudget({ size, bandwidth }) >= 60));
});

test('the time for a copy is whole seconds, enough for twice the copy, and grows with the model', () => {
  fc.assert(
    fc.property(size, size, bandwidth, (a, b, bandwidth) => {
      const budget = pullBudget({ size: Math.max(a, b), bandwidth });
      expect(Number.isInteger(budget)).toBe(true);
      expect(budget).toBeGreaterThanOrEqual((2 * Math.max(a, b)) / bandwidth);
      expect(budget).toBeGreaterThanOrEqual(pullBudget({ size: Math.min(a, b), bandwidth }));
    }),
  );
});

test('kserve#3869: a rollout that waits for a node, a copy and a start is not called failed', () => {
  expect(progressDeadline({ pull: 738, startup: 305 })).toBe(1643);
  fc.assert(
    fc.property(size, bandwidth, time, (size, bandwidth, warmUp) => {
      const pull = pullBudget({ size, bandwidth });
      const startup = startupBudget({ size, bandwidth, warmUp });
      return progressDeadline({ pull, startup }) >= 600 + pull + startup;
    }),
  );
});

test('kserve#5496, vllm#24885: the grace period outlasts the preStop sleep and the drain, with 5 s for the exit', () => {
  expect(gracePeriod(30)).toBe(45);
  fc.assert(fc.property(time, (drain) => gracePeriod(drain) - ENDPOINT_LAG_SECONDS - drain === 5));
});

test('memory is a quarter more than the model, 2 GiB for the program, and /dev/shm', () => {
  expect(memoryFor({ size: 18 * GI, sharedMemory: GI })).toBe(25.5 * GI);
  expect(memoryFor({ size: 8 * GI, sharedMemory: 0 })).toBe(12 * GI);
});

test('triton#3504: /dev/shm is memory, so that the limit has room for it beside the model', () => {
  fc.assert(
    fc.property(size, size, fc.integer({ min: 0, max: 8 * GI }), (a, b, sharedMemory) => {
      const memory = memoryFor({ size: Math.max(a, b), sharedMemory });
      expect(memory - sharedMemory).toBeGreaterThanOrEqual(1.25 * Math.max(a, b) + 2 * GI);
      expect(memory).toBeGreaterThanOrEqual(memoryFor({ size: Math.min(a, b), sharedMemory }));
    }),
  );
});

test('each GPU is fed by 4 cores; without a GPU there are 2', () => {
  expect([0, 1, 2, 8].map(cpuFor)).toEqual([2, 4, 8, 32]);
});

test('a replica should be ready half a minute after half of its budgets, which are twice what is expected', () => {
  expect(readyTime({ pull: 738, startup: 305 })).toBe(552);
  expect(readyTime({ pull: 0, startup: 0 })).toBe(30);
});
