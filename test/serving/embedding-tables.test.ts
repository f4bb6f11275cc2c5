import fc from 'fast-check';
import { bytes } from '../../lib/core/quantities';
import { memoryFor, sizeInMemory } from '../../lib/serving/budgets';
import {
  type EmbeddingTable,
  gpuCacheBytes,
  gpuRows,
  hostBytes,
  rawBytes,
  rowBytes,
} from '../../lib/serving/embedding-tables';
import { model, objectsOf, podOf, problemsOf, ranker, serverContainer } from './fixtures';

fc.configureGlobal({ seed: 42 });

const GPU = { count: 1, type: 'nvidia-l4' } as const;
const items = { name: 'items', rows: 1_000_000, dimension: 128, type: 'fp32', layout: 'array' } as const;

function table(props: Partial<EmbeddingTable> = {}): EmbeddingTable {
  return { ...items, hostCache: '100%', ...props };
}

const percentage = fc.integer({ min: 1, max: 100 }).map((percent) => `${percent}%` as const);
const tables = fc.record({
  name: fc.constant('items'),
  // Whatever is counted stays below 2⁵³, where each byte still counts.
  rows: fc.integer({ min: 1, max: 1e10 }),
  dimension: fc.integer({ min: 1, max: 65_536 }),
  type: fc.constantFrom('fp32', 'fp16', 'bf16', 'fp8', 'int8'),
  layout: fc.constantFrom('array', 'hash'),
  hostCache: percentage,
});

test.each([
  ['fp32', 512],
  ['fp16', 256],
  ['bf16', 256],
  ['fp8', 128],
  ['int8', 128],
] as const)('a row of 128 numbers of %s has %i bytes', (type, expected) => {
  expect(rowBytes({ dimension: 128, type })).toBe(expected);
});

test('a table has rows × dimension × bytes of the type, and an array takes just that', () => {
  expect(rawBytes([table(), table({ type: 'fp16' })])).toBe(768_000_000);
  expect(hostBytes([table()])).toBe(512_000_000);
});

test('HugeCTR#412: a hash map of 7 billion rows of one number takes ten times the 84 GB of its keys and numbers', () => {
  const hashed = table({ rows: 7_000_000_000, dimension: 1, layout: 'hash' });
  const keys = 8 * hashed.rows;
  expect(hostBytes([hashed])).toBe(10 * (rawBytes([hashed]) + keys));
});

test('a hash map of long rows takes little more than its table', () => {
  expect(hostBytes([table({ dimension: 1024, layout: 'hash' })])).toBe(4_212_000_000);
});

test('a table that is held in part takes that part of its rows', () => {
  expect(hostBytes([table({ layout: 'hash', hostCache: '25%' })])).toBe(250_000 * 628);
  expect(hostBytes([table({ rows: 3, hostCache: '50%' })])).toBe(2 * 512);
});

test('an array is its raw size, a hash map is more, and neither holds more than all rows', () => {
  fc.assert(
    fc.property(tables, (some) => {
      const whole = { ...some, hostCache: '100%' } as const;
      const [array, hash] = (['array', 'hash'] as const).map((layout) => hostBytes([{ ...whole, layout }]));
      expect(array).toBe(rawBytes([whole]));
      expect(hash).toBe(rawBytes([whole]) + 116 * whole.rows);
      expect(hostBytes([some])).toBeLessThanOrEqual(hostBytes([whole]));
      expect(hostBytes([some])).toBeGreaterThan(0);
    }),
  );
});

test('more rows, more numbers in a row or a greater share never take less', () => {
  fc.assert(
    fc.property(tables, fc.integer({ min: 0, max: 1e6 }), percentage, (some, more, share) => {
      const least = hostBytes([some]);
      expect(hostBytes([{ ...some, rows: some.rows + more }])).toBeGreaterThanOrEqual(least);
      expect(hostBytes([{ ...some, dimension: some.dimension + more }])).toBeGreaterThanOrEqual(least);
      const [smaller, greater] = [share, some.hostCache].sort((a, b) => Number.parseFloat(a) - Number.parseFloat(b));
      expect(hostBytes([{ ...some, hostCache: greater ?? share }])).toBeGreaterThanOrEqual(
        hostBytes([{ ...some, hostCache: smaller ?? share }]),
      );
    }),
  );
});

test.each([
  ['nothing without a cache', undefined, 1000, 0],
  ['whole sets of 64', '10%', 1000, 128],
  ['one set at least', '1%', 100, 64],
  ['no further set for a part of a row', '50%', 129, 64],
  ['all of a table', '100%', 640, 640],
] as const)('HugeCTR#427: rows cached on a GPU are %s', (_what, gpuCache, rows, expected) => {
  expect(gpuRows({ rows, gpuCache })).toBe(expected);
});

test('HugeCTR#427: a cache on a GPU has a key and a counter beside each row, 16 bytes', () => {
  expect(gpuCacheBytes([table({ gpuCache: '20%' }), table()])).toBe(200_000 * 528);
  expect(gpuCacheBytes([])).toBe(0);
});

test('HugeCTR#427: a cache has room for its share, and for a set more at most', () => {
  fc.assert(
    fc.property(tables, percentage, ({ rows }, gpuCache) => {
      const share = (rows * Number.parseFloat(gpuCache)) / 100;
      const held = gpuRows({ rows, gpuCache });
      return held % 64 === 0 && held > share - 1 && held <= share + 64;
    }),
  );
});

test('of a model in memory, the tables are counted as they lie there, and the rest as its files', () => {
  expect(sizeInMemory({ size: 100, raw: 60, held: 90 })).toBe(130);
  expect(sizeInMemory({ size: 50, raw: 60, held: 90 })).toBe(90);
  expect(sizeInMemory({ size: 50, raw: 0, held: 0 })).toBe(50);
});

test('naming a table that is held as it lies in the files changes no memory', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 40 }), fc.integer({ min: 0, max: 2 ** 40 }), (raw, rest) => {
      const size = raw + rest;
      const memory = memoryFor({ size: sizeInMemory({ size, raw, held: raw }), sharedMemory: 0 });
      return memory === memoryFor({ size, sharedMemory: 0 });
    }),
  );
});

test('Merlin#519, HugeCTR#412: the memory of a server is that of its tables in memory, and not of their files', () => {
  const hashed = { ...items, rows: 16 * 2 ** 20, layout: 'hash' } as const;
  const memory = (embeddings: object[]) =>
    bytes(serverContainer({ model: model({ embeddings: embeddings as [] }) }).resources.limits?.memory as '1Gi');
  expect(memory([hashed]) - memory([])).toBe(1.25 * 116 * 16 * 2 ** 20);
  expect(memory([{ ...items, rows: 16 * 2 ** 20 }])).toBe(memory([]));
});

test('a cache on a GPU is refused where there is none', () => {
  const cached = model({ embeddings: [{ ...items, gpuCache: '20%' }] });
  expect(problemsOf(() => objectsOf(ranker({ model: cached })))).toEqual([
    '[shop/ranker] model.embeddings must be without gpuCache where there is no GPU: leave it out, or add gpu',
  ]);
  expect(podOf(objectsOf(ranker({ model: cached, gpu: GPU }))).containers).toHaveLength(1);
});

test.each([
  [
    'part of a row',
    [{ ...items, rows: 1.5 }],
    'embeddings[0].rows must be a whole number of rows, from 1 to 1000000000000, got 1.5',
  ],
  [
    'no numbers in a row',
    [{ ...items, dimension: 0 }],
    'embeddings[0].dimension must be a whole number of numbers in a row, from 1 to 65536, got 0',
  ],
  [
    'a share without its sign',
    [{ ...items, gpuCache: '0.2' }],
    "embeddings[0].gpuCache must be a percentage above 0% and up to 100%, like '99.9%', got '0.2'",
  ],
  [
    'an unknown type',
    [{ ...items, type: 'fp31' }],
    "embeddings[0].type must be one of fp32, fp16, bf16, fp8, int8, got 'fp31': did you mean 'fp32'?",
  ],
])('%s is refused', (_what, embeddings, text) => {
  expect(problemsOf(() => model({ embeddings: embeddings as [] }))).toEqual([`[model dlrm] ${text}`]);
});

test('a name that stands twice, and tables beyond any memory, are refused', () => {
  const [twice] = problemsOf(() => model({ embeddings: [items, items] }));
  expect(twice).toMatch(/^\[model dlrm\] embeddings must have each name once, got /);
  const [huge] = problemsOf(() =>
    model({ embeddings: [1, 2, 3, 4, 5].map((i) => ({ ...items, name: `${i}`, rows: 1e12, dimension: 65_536 })) }),
  );
  expect(huge).toMatch(/^\[model dlrm\] embeddings must take at most '1024Pi' of memory together, got /);
});
