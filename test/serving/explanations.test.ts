import { type ModelServerProps, openvino, type Runtime, rayServe, tensorflowServing, triton, vllm } from '../../lib';
import { derivationsOf } from '../../lib/core/derivation';
import { bytes, formatBytes, formatCpu } from '../../lib/core/quantities';
import { warningsOf } from '../../lib/platform/warnings';
import { model, objectsOf, own, podOf, problemsOf, ranker, serverContainer } from './fixtures';

const GPU = { count: 2, type: 'nvidia-l4' } as const;
const items = {
  name: 'items',
  rows: 10_000_000,
  dimension: 128,
  type: 'fp16',
  layout: 'hash',
  gpuCache: '20%',
} as const;

function explained(props: Partial<ModelServerProps> = {}) {
  const [{ where, derivations } = { where: '', derivations: [] }] = derivationsOf(ranker(props));
  expect(where).toBe('shop/ranker');
  return derivations.map(({ what, value, formula }) => [what, value, formula]);
}

test('a server tells how it came by every number that its props leave open', () => {
  expect(explained()).toEqual([
    ['pull', '738s', '2 × 18Gi / 50Mi/s'],
    ['startupProbe', '305s', '2 × (18Gi / 200Mi/s + 60s warm-up)'],
    ['progressDeadlineSeconds', '1643s', '600s node and image + 738s pull + 305s start'],
    ['terminationGracePeriodSeconds', '45s', '10s preStop + 30s drain + 5s exit'],
    ['cpu', '2', '2 without a GPU'],
    ['/dev/shm', '1Gi', 'what triton shares, within memory'],
    ['memory', '26112Mi', '1.25 × 18Gi + 2Gi program + 1Gi /dev/shm'],
  ]);
});

test('what is stated is not explained, and what was measured stands in the formulas', () => {
  const startup = { pullPerSecond: '1Gi', loadPerSecond: '2Gi', warmUp: '20s' } as const;
  expect(explained({ runtime: own(), startup, resources: { cpu: '4', memory: '40Gi' } })).toEqual([
    ['pull', '60s', '2 × 18Gi / 1Gi/s, at least 60s'],
    ['startupProbe', '58s', '2 × (18Gi / 2Gi/s + 20s warm-up)'],
    ['progressDeadlineSeconds', '718s', '600s node and image + 60s pull + 58s start'],
    ['terminationGracePeriodSeconds', '45s', '10s preStop + 30s drain + 5s exit'],
  ]);
});

test('a model on a claim is not pulled, and no time is set aside for it', () => {
  expect(explained({ model: model({ uri: 'pvc://models/dlrm/42' }) }).slice(0, 2)).toEqual([
    ['startupProbe', '305s', '2 × (18Gi / 200Mi/s + 60s warm-up)'],
    ['progressDeadlineSeconds', '905s', '600s node and image + 305s start'],
  ]);
});

test('HugeCTR#427: embedding tables are explained one by one, in the memory of the host and of each GPU', () => {
  const users = { name: 'users', rows: 1000, dimension: 64, type: 'fp32', layout: 'array', hostCache: '50%' } as const;
  expect(explained({ model: model({ embeddings: [items, users] }), gpu: GPU }).slice(4)).toEqual([
    ['cpu', '8', '4 × 2 GPU'],
    ['embeddings items', '3548Mi', '10,000,000 rows × (128 × 2 + 116 of the hash map) bytes'],
    ['embeddings items, each GPU', '519Mi', '2,000,000 rows (20%) × (128 × 2 + 16 of the cache) bytes'],
    ['embeddings users', '1Mi', '1,000 rows × 64 × 4 bytes × 50%'],
    ['/dev/shm', '1Gi', 'what triton shares, within memory'],
    ['memory', '27495Mi', '1.25 × (15991Mi + 3548Mi embeddings) + 2Gi program + 1Gi /dev/shm'],
    ['GPU memory', '16.1 of 22 GiB', '16510Mi in 22.5 GiB − 0.5 GiB for CUDA'],
  ]);
});

test('a model of nothing but tables has no other part', () => {
  expect(explained({ model: model({ size: '1Gi', embeddings: [items] }), gpu: GPU }).at(-2)?.[2]).toBe(
    '1.25 × 3548Mi embeddings + 2Gi program + 1Gi /dev/shm',
  );
});

/** The value of a formula, in seconds, cores or bytes. */
function evaluate(formula: string): number {
  const sum = formula
    .replace(/, at least.*/, '')
    .replace(/(\d+)(Mi|Gi)\b/g, (quantity) => String(bytes(quantity as '1Gi')))
    .replace(/\/s\b|[A-Za-z/-]*[A-Za-z]+|,/g, '')
    .replaceAll('×', '*');
  expect(sum).toMatch(/^[\d\s.*/+()-]+$/);
  return Number(new Function(`return ${sum}`)());
}

test.each([
  ['triton', {}],
  ['GPUs and tables', { gpu: GPU, model: model({ embeddings: [{ ...items, gpuCache: undefined }] }) }],
  ['vllm', { runtime: vllm({ version: '0.33.0' }), model: model({ size: '140Gi' }) }],
  ['a claim', { model: model({ uri: 'pvc://models/dlrm/42' }), runtime: own({ warmUp: '2m', drain: '90s' }) }],
] as [string, Partial<ModelServerProps>][])(
  'the formulas that are shown give the numbers that are shown: %s',
  (_name, props) => {
    for (const [what = '', value = '', formula = ''] of explained(props)) {
      if (what === '/dev/shm' || what === 'GPU memory') continue;
      const number = evaluate(formula);
      const shown =
        what === 'cpu' ? formatCpu(number) : /[GM]i$/.test(value) ? formatBytes(number) : `${Math.ceil(number)}s`;
      // Parts are shown in whole mebibytes.
      if (value.endsWith('Mi'))
        expect(Math.abs(bytes(shown as '1Mi') - bytes(value as '1Mi'))).toBeLessThan(4 * 2 ** 20);
      else expect([what, shown]).toEqual([what, value]);
    }
  },
);

const RUNTIMES: [string, Runtime, string | undefined][] = [
  ['triton', triton({ version: '25.08' }), '--exit-timeout-secs='],
  ['vllm', vllm({ version: '0.33.0' }), '--shutdown-timeout='],
  ['tensorflowServing', tensorflowServing({ version: '2.19.1' }), undefined],
  ['openvino', openvino({ version: '2026.2.1' }), undefined],
  ['rayServe', rayServe({ version: '2.60.0', application: 'ranker:app' }), undefined],
  ['container', own({ drain: '2m' }), undefined],
];

test.each(RUNTIMES)(
  'kserve#5496, vllm#24885, triton#6230, triton#6939, triton#6286: %s ends its requests before it is killed',
  (_name, runtime, flag) => {
    const { terminationGracePeriodSeconds: grace } = podOf(objectsOf(ranker({ runtime })));
    const { lifecycle, args } = serverContainer({ runtime });
    const sleep = lifecycle.preStop?.sleep?.seconds ?? 0;
    const told =
      flag === undefined ? runtime.drainSeconds : Number(args.find((arg) => arg.startsWith(flag))?.slice(flag.length));
    expect(sleep).toBeGreaterThanOrEqual(10);
    expect(told).toBeGreaterThan(0);
    expect(grace).toBeGreaterThan(sleep + told);
  },
);

test.each(RUNTIMES)(
  'kserve#4840, triton#6469: %s is not asked whether it lives before it has loaded',
  (_name, runtime) => {
    const { startupProbe, livenessProbe, readinessProbe } = serverContainer({
      runtime,
      model: model({ size: '140Gi' }),
    });
    const budget = (startupProbe.periodSeconds ?? 0) * (startupProbe.failureThreshold ?? 0);
    // Kubernetes holds liveness back until the startup probe has succeeded once: a budget of its own would be a second.
    expect(budget).toBeGreaterThanOrEqual(2 * ((140 * 1024) / 200 + runtime.warmUpSeconds));
    expect(livenessProbe).not.toHaveProperty('initialDelaySeconds');
    expect(readinessProbe.failureThreshold).toBeGreaterThan(1);
  },
);

test('triton#3504, production-stack#276: memory that /dev/shm could fill is refused', () => {
  expect(problemsOf(() => objectsOf(ranker({ resources: { memory: '1Gi' } })))).toEqual([
    "[shop/ranker] resources.memory must be above the 1Gi of /dev/shm, which is a part of it, got '1Gi': raise it or leave it out",
  ]);
});

test.each([
  [{ memory: '19Gi' } as const, []],
  [
    { memory: '18.5Gi' } as const,
    [
      "resources.memory should be 19Gi or more for 18Gi model + 1Gi /dev/shm, got '18.5Gi': raise it unless the server holds a part of the model only",
    ],
  ],
  [{}, []],
])('triton#3504: of memory %j, without room for the model beside /dev/shm, is warned: %j', (resources, texts) => {
  expect(
    warningsOf(ranker({ resources }))
      .map(({ text }) => text)
      .filter((text) => text.startsWith('resources')),
  ).toEqual(texts);
});
