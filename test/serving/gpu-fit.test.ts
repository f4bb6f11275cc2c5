import fc from 'fast-check';
import { type GpuRequest, type Runtime, triton, vllm } from '../../lib';
import { derivationsOf } from '../../lib/core/derivation';
import { gpuFit } from '../../lib/serving/gpu-fit';
import { model, objectsOf, platform, podOf, problemsOf, ranker, specOf } from './fixtures';

const GI = 2 ** 30;
const VLLM = vllm({ version: '0.33.0' });

function fitOf(size: `${number}Gi`, gpu: GpuRequest, runtime: Runtime = triton({ version: '25.08' })) {
  const gpuSharing = {
    'nvidia-t4': { by: 'mps', replicas: 4 },
    'nvidia-a100-80gb': { by: 'mig-mixed' },
  } as const;
  const shop = platform({ cluster: { kubernetes: '1.37', addons: ['nvidia-dra-driver', 'gpushare'], gpuSharing } });
  const server = ranker({ model: model({ size }), runtime, gpu }, shop);
  const problems = problemsOf(() => objectsOf(server));
  const [explained] = derivationsOf(server).flatMap(({ derivations }) =>
    derivations.filter(({ what }) => what === 'GPU memory'),
  );
  return { problems, value: explained?.value, formula: explained?.formula };
}

test('each device holds its part, in what the runtime may use of it, less what CUDA takes', () => {
  expect(gpuFit({ size: 100 * GI, memory: 80 * GI, parts: 2, usable: 0.9 })).toEqual({
    needed: 50 * GI,
    available: 71.5 * GI,
  });
});

test('more memory, more parts and a smaller model never make it fit worse, and nothing is negative', () => {
  const gib = fc.integer({ min: 1, max: 1000 });
  fc.assert(
    fc.property(gib, gib, fc.integer({ min: 1, max: 16 }), fc.double({ min: 0.1, max: 1, noNaN: true }), (...given) => {
      const [size, memory, parts, usable] = given;
      const spare = (input: Parameters<typeof gpuFit>[0]) => gpuFit(input).available - gpuFit(input).needed;
      const input = { size: size * GI, memory: memory * GI, parts, usable };
      expect(gpuFit(input).available).toBeGreaterThanOrEqual(0);
      expect(spare({ ...input, memory: 2 * input.memory })).toBeGreaterThanOrEqual(spare(input));
      expect(spare({ ...input, parts: parts + 1 })).toBeGreaterThanOrEqual(spare(input));
      expect(spare({ ...input, size: input.size / 2 })).toBeGreaterThanOrEqual(spare(input));
    }),
  );
});

test.each<[`${number}Gi`, GpuRequest, string, string]>([
  ['18Gi', { type: 'nvidia-l4', count: 1 }, '18 of 22 GiB', '18Gi in 22.5 GiB − 0.5 GiB for CUDA'],
  ['18Gi', { type: 'nvidia-l4', count: 4 }, '18 of 22 GiB', '18Gi in 22.5 GiB − 0.5 GiB for CUDA'],
  ['18Gi', { type: 'nvidia-a100-80gb', mig: '2g.20gb' }, '18 of 19.5 GiB', '18Gi in 20 GiB − 0.5 GiB for CUDA'],
  ['3Gi', { type: 'nvidia-t4', share: 'mps' }, '3 of 3.3 GiB', '3Gi in 3.8 GiB − 0.5 GiB for CUDA'],
  ['6Gi', { memory: '8Gi' }, '6 of 7.5 GiB', '6Gi in 8 GiB − 0.5 GiB for CUDA'],
  ['18Gi', { claim: { memory: '20Gi' }, count: 1 }, '18 of 19.5 GiB', '18Gi in 20 GiB − 0.5 GiB for CUDA'],
  ['18Gi', { claim: { type: 'nvidia-l4' }, count: 1 }, '18 of 22 GiB', '18Gi in 22.5 GiB − 0.5 GiB for CUDA'],
  ['90Gi', { type: 'nvidia-l4', count: 1, holds: '12Gi' }, '12 of 22 GiB', '12Gi in 22.5 GiB − 0.5 GiB for CUDA'],
])('%s in %j is told to whoever reads the plan', (size, gpu, value, formula) => {
  expect(fitOf(size, gpu)).toEqual({ problems: [], value, formula });
});

test('embedding tables stay in the host, but for what each GPU caches of them (Merlin#519)', () => {
  // 15 GiB of rows in the files; a fifth of them on each card, with 16 bytes more for each.
  const table = { name: 'items', rows: 62_914_560, dimension: 64, type: 'fp32', layout: 'array' } as const;
  const server = (gpuCache?: '20%') =>
    ranker(
      {
        model: model({ size: '18Gi', embeddings: [{ ...table, gpuCache }] }),
        gpu: { type: 'nvidia-t4', count: 1 },
      },
      platform({ production: false }),
    );
  const held = (gpuCache?: '20%') =>
    derivationsOf(server(gpuCache)).flatMap(
      ({ derivations }) => derivations.find(({ what }) => what === 'GPU memory')?.value,
    );
  expect(held()).toEqual(['3 of 14.5 GiB']);
  expect(held('20%')).toEqual(['6.2 of 14.5 GiB']);
});

test('vLLM splits a model over its GPUs and leaves a part of each; Triton loads all of it on each', () => {
  const gpu = { type: 'nvidia-l40s', count: 4 } as const;
  expect(fitOf('140Gi', gpu, VLLM)).toEqual({
    problems: [],
    value: '35 of 40 GiB',
    formula: '140Gi / 4 GPUs in 0.9 × 45 GiB − 0.5 GiB for CUDA',
  });
  expect(fitOf('140Gi', gpu).problems).toHaveLength(1);
});

test('a model that cannot fit is refused with the numbers', () => {
  expect(fitOf('24Gi', { type: 'nvidia-l4', count: 1 }).problems).toEqual([
    '[shop/ranker] model.size must fit into GPU memory, got 24 GiB (24Gi) for 22 GiB (22.5 GiB − 0.5 GiB for CUDA): take a larger GPU, or set gpu.holds to what of the model lies there',
  ]);
  expect(fitOf('180Gi', { type: 'nvidia-l40s', count: 4 }, VLLM).problems).toEqual([
    '[shop/ranker] model.size must fit into GPU memory, got 45 GiB (180Gi / 4 GPUs) for 40 GiB (0.9 × 45 GiB − 0.5 GiB for CUDA): take a larger GPU or more of them, or set gpu.holds to what of the model lies there',
  ]);
});

test("under MPS, /dev/shm is the daemon's: a volume there would hide it from the server", () => {
  const cluster = { kubernetes: '1.37', gpuSharing: { 'nvidia-t4': { by: 'mps', replicas: 2 } } } as const;
  const gpu = { type: 'nvidia-t4', share: 'mps', holds: '2Gi' } as const;
  const { containers, volumes } = podOf(objectsOf(ranker({ gpu }, platform({ cluster }))));
  expect(containers[0]?.volumeMounts?.map(({ mountPath }) => mountPath)).not.toContain('/dev/shm');
  expect(volumes.map(({ name }) => name)).not.toContain('shared-memory');
});

test('a claim is made by each pod from a template of the server, and used by its container', () => {
  const cluster = { kubernetes: '1.34', addons: ['nvidia-dra-driver'] } as const;
  const objects = objectsOf(ranker({ gpu: { claim: { memory: '40Gi' }, count: 2 } }, platform({ cluster })));
  const pod = podOf(objects);
  expect(pod.resourceClaims).toEqual([{ name: 'gpu', resourceClaimTemplateName: 'ranker' }]);
  expect(pod.containers[0]?.resources).toMatchObject({ claims: [{ name: 'gpu' }] });
  expect(pod.containers[0]?.resources?.limits).not.toHaveProperty('nvidia.com/gpu');
  expect(pod.containers[0]?.resources?.requests?.cpu).toBe('8');
  expect(specOf(objects, 'ResourceClaimTemplate', 'ranker')).toEqual({
    spec: {
      devices: {
        requests: [
          {
            name: 'gpu',
            exactly: {
              deviceClassName: 'gpu.nvidia.com',
              allocationMode: 'ExactCount',
              count: 2,
              selectors: [
                {
                  cel: { expression: "device.capacity['gpu.nvidia.com'].memory.compareTo(quantity('40Gi')) >= 0" },
                },
              ],
            },
          },
        ],
      },
    },
  });
  const kinds = objects.all.map(({ kind }) => kind);
  expect(kinds.indexOf('ResourceClaimTemplate')).toBeLessThan(kinds.indexOf('Deployment'));
});

test('a part of a card is not more than the card', () => {
  expect(fitOf('6Gi', { type: 'nvidia-l4', memory: '40Gi' }).problems).toEqual([
    "[shop/ranker] gpu.memory must be a part of one card, got '40Gi', more than nvidia-l4 has: ask for a larger card",
  ]);
});

test('vLLM shares no card in turns: each would take most of the memory that it sees, which is all of it', () => {
  const gpuSharing = { 'nvidia-t4': { by: 'time-slicing', replicas: 4 } } as const;
  const shared = (runtime: Runtime) => {
    const shop = platform({ cluster: { kubernetes: '1.37', gpuSharing } });
    const gpu = { type: 'nvidia-t4', share: 'time-slicing' } as const;
    return problemsOf(() => objectsOf(ranker({ model: model({ size: '1Gi' }), runtime, gpu }, shop)));
  };
  expect(shared(VLLM)).toEqual([
    "[shop/ranker] gpu.share must be left out for vllm, got 'time-slicing': it takes its part of all memory that it sees, which is the whole card's, so that a second one would not start; take gpu.mig or a smaller card",
  ]);
  expect(shared(triton({ version: '25.08' }))).toEqual([]);
});
