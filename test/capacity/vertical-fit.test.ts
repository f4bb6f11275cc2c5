import { type MemoryUsage, readUsage, type Usage, verticalFit } from '../../lib/capacity';

const MI = 2 ** 20;
const GI = 2 ** 30;
const DAY = 86_400;
const START = 1_762_732_800;

/** Samples each `step` seconds; `value` by the seconds since the first. */
function usage(count: number, step: number, value: (seconds: number) => number): Usage {
  const seconds = Array.from({ length: count }, (_, i) => i * step);
  return { times: seconds.map((time) => START + time), values: seconds.map(value) };
}

const steady = [usage(8 * 1440, 60, () => 1)];
const full = [usage(8 * 1440, 60, () => GI)];

/**
 * What the recommender of kubernetes/autoscaler at 55c37cd says (`logic.CreatePodResourceRecommender` with its defaults,
 * on a container to which these samples were added): thousandths of a core, and bytes. It drops fractions of thousandths
 * at each step, we round up once.
 */
test.each<[string, Usage, MemoryUsage, number, number]>([
  [
    'a daily swing, and memory that doubled',
    usage(3 * 1440, 60, (at) => 0.5 + 0.3 * Math.sin((at / DAY) * 2 * Math.PI)),
    usage(3 * 1440, 60, (at) => (at > 2 * DAY ? 2 * GI : GI)),
    920,
    2_539_377_048,
  ],
  [
    'growth over two weeks',
    usage(14 * 288, 300, (at) => 0.2 + at / DAY / 10),
    usage(14 * 288, 300, (at) => 5e8 + (3e8 * at) / DAY),
    1836,
    5_527_335_984,
  ],
  ['hardly anything', usage(100, 60, () => 0.001), usage(100, 60, () => 1e6), 25, 262_144_000],
  [
    'a kill for lack of memory',
    usage(100, 60, () => 2),
    { ...usage(100, 60, () => GI), outOfMemory: [{ at: START + 3000, limit: 2 * GI }] },
    2406,
    2_975_900_105,
  ],
  [
    'usage that fell two days ago',
    usage(10 * 1440, 60, (at) => (at < 8 * DAY ? 4 : 1)),
    usage(10 * 1440, 60, (at) => (at < 8 * DAY ? 4e9 : 1e9)),
    4742,
    4_743_403_291,
  ],
])('requests are those of the Vertical Pod Autoscaler: %s', (_, cpu, memory, millis, bytes) => {
  const { requests } = verticalFit({ cpu: [cpu], memory: [memory] });
  expect(requests.memory.replace(/^(\d+)Gi$/, (_all, count) => `${Number(count) * 1024}Mi`)).toBe(
    `${Math.ceil(bytes / MI)}Mi`,
  );
  expect(Number(requests.cpu.replace('m', '')) - millis).toBeGreaterThanOrEqual(0);
  expect(Number(requests.cpu.replace('m', '')) - millis).toBeLessThanOrEqual(2);
});

test('quantities are in canonical form, and each number says where it comes from', () => {
  expect(verticalFit({ cpu: steady, memory: full })).toEqual({
    requests: { cpu: '1169m', memory: '1182Mi' },
    limits: { memory: '1182Mi' },
    derivation: [
      {
        what: 'requests.cpu',
        value: '1169m',
        formula: 'p90 of the samples, newer ones counting more, 1017m + 15 %, at least 25m',
      },
      {
        what: 'requests.memory',
        value: '1182Mi',
        formula: 'p90 of the peaks of each day, newer ones counting more, 1028Mi + 15 %, at least 250Mi',
      },
      { what: 'limits.memory', value: '1182Mi', formula: 'the highest peak, 1Gi + 15 %, and no less than the request' },
      {
        what: 'limits.cpu',
        value: 'none',
        formula: 'it would let requests wait for the rest of each 100 ms period while cores are idle',
      },
    ],
    notes: [],
  });
});

test('the limit of memory leaves room above a peak that the request has forgotten', () => {
  const memory = [usage(30 * 1440, 60, (at) => (at < DAY ? 8 * GI : GI))];
  const { requests, limits } = verticalFit({ cpu: steady, memory });
  expect([requests.memory, limits.memory]).toEqual(['1182Mi', '9421Mi']);
});

test('a kill counts as a fifth above the limit, and at least 100Mi, however often it repeats', () => {
  const killed = (limit: number, ...times: number[]) => {
    const outOfMemory = times.map((at) => ({ at: START + at, limit }));
    return verticalFit({ cpu: steady, memory: [{ ...usage(1440, 60, () => 100 * MI), outOfMemory }] }).limits.memory;
  };
  expect(killed(10 * GI, 600)).toBe(killed(10 * GI, 600, 1200, 1800));
  expect(
    verticalFit({ cpu: steady, memory: [{ ...usage(1440, 60, () => GI), outOfMemory: [] }] }).derivation[2]?.formula,
  ).toMatch('the highest peak, 1Gi');
  const { derivation } = verticalFit({
    cpu: steady,
    memory: [{ ...usage(1440, 60, () => GI), outOfMemory: [{ at: START + 600, limit: 300 * MI }] }],
  });
  // What was in use is more than the limit that was told: a fifth above that.
  expect(derivation[2]?.formula).toMatch('the highest peak, 1229Mi');
});

test('each container has a peak of its own each day', () => {
  const small = Array.from({ length: 19 }, () => usage(24, 3600, () => 500 * MI));
  const one = usage(24, 3600, () => 4 * GI);
  const { requests, limits } = verticalFit({ cpu: steady, memory: [...small, one] });
  expect([requests.memory, limits.memory]).toEqual(['600Mi', '4711Mi']);
});

describe('too little is said', () => {
  test.each([
    [61, 60, ['cpu has 1 hour of usage only: a whole day may show higher peaks']],
    [3 * 1440 + 1, 60, ['cpu has 3 days of usage only: a whole week may show higher peaks']],
    [7 * 1440 + 1, 60, []],
    [8 * 144, 600, ['cpu has a sample each 10 minutes only: peaks in between were not seen']],
  ])('%p samples, one each %p s', (count, step, notes) => {
    expect(verticalFit({ cpu: [usage(count, step, () => 1)], memory: full }).notes).toEqual(notes);
  });
});

test('usage that can not be is refused', () => {
  const cpu = [
    { times: [0, 60, 60], values: [1, Number.NaN] },
    { times: [0], values: [-1] },
  ];
  expect(() => verticalFit({ cpu, memory: full })).toThrow(
    [
      '[verticalFit] cpu[0] must have a value for each time, got 3 and 2',
      '[verticalFit] cpu[0].times[2] must be after the one before, got 60',
      '[verticalFit] cpu[0].values[1] must be a number, 0 or more, got NaN',
      '[verticalFit] cpu[1].values[0] must be a number, 0 or more, got -1',
    ].join('\n'),
  );
  expect(() => verticalFit({ cpu: steady, memory: [] })).toThrow('[verticalFit] memory must have samples, got none');
});

describe('readUsage', () => {
  const answer = (metric: object, ...values: [number, string][]) =>
    JSON.stringify({
      status: 'success',
      data: {
        resultType: 'matrix',
        result: [
          { metric, values },
          { metric: { pod: 'b' }, values: [[0, 'NaN']] },
        ],
      },
    });

  test('has a series for each container that has samples, without those that have no value', () => {
    expect(readUsage(answer({ pod: 'a' }, [0, '0.5'], [60, 'NaN'], [120, '0.7']))).toEqual([
      { times: [0, 120], values: [0.5, 0.7] },
    ]);
  });

  test('a counter is no usage', () => {
    const counter = answer({ __name__: 'container_cpu_usage_seconds_total' }, [0, '1']);
    expect(() => readUsage(counter, { name: 'cpu.json' })).toThrow(
      '[cpu.json] must be what is used at a time, got the counter container_cpu_usage_seconds_total: query rate(container_cpu_usage_seconds_total[5m])',
    );
  });
});
