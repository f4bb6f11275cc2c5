import { parse } from '../../lib/core/schema';
import { devicesOf, type GpuRequest, gpuSchema, gpuTypeOf } from '../../lib/platform/gpu-request';
import { problemsOf } from '../serving/fixtures';

const problems = (given: unknown) => problemsOf(() => parse(gpuSchema, given, 'gpu'));

test.each<[GpuRequest, number, string | undefined]>([
  [{ type: 'nvidia-l4', count: 2 }, 2, 'nvidia-l4'],
  [{ type: 'nvidia-a100-80gb', mig: '2g.20gb' }, 1, 'nvidia-a100-80gb'],
  [{ type: 'nvidia-t4', share: 'mps' }, 1, 'nvidia-t4'],
  [{ memory: '8Gi' }, 1, undefined],
  [{ memory: '8Gi', type: 'nvidia-a10' }, 1, 'nvidia-a10'],
  [{ claim: { type: 'nvidia-h200' }, count: 4 }, 4, 'nvidia-h200'],
  [{ claim: { memory: '40Gi' }, count: 1 }, 1, undefined],
])('%j is a request, of %d devices of type %s', (request, devices, type) => {
  expect(parse(gpuSchema, request, 'gpu')).toEqual(request);
  expect([devicesOf(request), gpuTypeOf(request)]).toEqual([devices, type]);
});

const TYPES =
  'nvidia-t4, nvidia-l4, nvidia-a10, nvidia-a10g, nvidia-l40s, nvidia-a100-40gb, nvidia-a100-80gb, nvidia-h20, nvidia-h100-80gb, nvidia-h200, nvidia-b200';
const WHOLE = 'a container gets whole cards; take a smaller type instead';

test.each([
  [
    {},
    [
      `count must be a whole number of GPUs, from 1 to 16, but is missing: ${WHOLE}`,
      `type must be one of ${TYPES}, but is missing`,
    ],
  ],
  [{ type: 'nvidia-l4', count: 0.5 }, [`count must be a whole number of GPUs, from 1 to 16, got 0.5: ${WHOLE}`]],
  [
    { type: 'nvidia-a100-80gb', mig: '2g.20gb', count: 2 },
    ['count must be left out with mig, got 2: a program can use one of those only'],
  ],
  [
    { type: 'nvidia-t4', share: 'mps', count: 1 },
    ['count must be left out with share, got 1: a program can use one of those only'],
  ],
  [
    { type: 'nvidia-a100-40gb', mig: '2g.20gb' },
    [
      "mig must be one of 1g.5gb, 1g.10gb, 2g.10gb, 3g.20gb, 4g.20gb, 7g.40gb, got '2g.20gb': those are the slices of nvidia-a100-40gb",
    ],
  ],
  [{ type: 'nvidia-l4', mig: '1g.5gb' }, ["mig must be left out, got '1g.5gb': nvidia-l4 cannot be cut by MIG"]],
  [
    { type: 'nvidia-a100-80gb', mig: '2g.20gb', share: 'mps' },
    ['share must come without mig: a request is of one kind'],
  ],
  [{ share: 'mps' }, [`type must be one of ${TYPES}, but is missing`]],
  [{ memory: '8.5Gi' }, ["memory must be GPU memory in whole GiB, like '8Gi', got '8.5Gi'"]],
  [{ memory: '8192Mi' }, ["memory must be GPU memory in whole GiB, like '8Gi', got '8192Mi'"]],
  [{ claim: {}, count: 1 }, ['claim must say what the cards must be, by type or by memory, and not both, got {}']],
  [
    { claim: { type: 'nvidia-l4' }, type: 'nvidia-l4', count: 1 },
    ["type must be left out with claim, got 'nvidia-l4': say it there"],
  ],
])('%j is refused', (given, texts) => {
  expect(problems(given)).toEqual(texts.map((text) => `[gpu] ${text}`));
});

test('what no card can give does not compile', () => {
  const wrong: GpuRequest[] = [
    // @ts-expect-error: not a slice of this type
    { type: 'nvidia-a100-40gb', mig: '2g.20gb' },
    // @ts-expect-error: MIG cannot cut this type
    { type: 'nvidia-l4', mig: '1g.5gb' },
    // @ts-expect-error: a program uses one slice
    { type: 'nvidia-a100-80gb', mig: '2g.20gb', count: 2 },
    // @ts-expect-error: one share, too
    { type: 'nvidia-t4', share: 'time-slicing', count: 2 },
    // @ts-expect-error: of one kind
    { type: 'nvidia-a100-80gb', mig: '2g.20gb', share: 'mps' },
    // @ts-expect-error: in GiB
    { memory: '8192Mi' },
    // @ts-expect-error: by type or by memory
    { claim: { type: 'nvidia-l4', memory: '8Gi' }, count: 1 },
    // @ts-expect-error: how many
    { type: 'nvidia-l4' },
  ];
  for (const request of wrong) expect(problems(request)).toHaveLength(1);
});
