import { formulaOf } from '../../../lib/capacity/simulation/formula';

const VALUES = new Map<string, number | null>([
  ['rate', 300],
  ['queue', 12],
  ['cron_floor', 5],
  ['lost', null],
]);

test.each([
  ['rate + queue * 2', 324],
  ['(rate + queue) / 2', 156],
  ['rate - queue - cron_floor', 283],
  ['2 ** 3 + 2 ^ 2 % 3', 9],
  ['-queue + 13.5', 1.5],
  ['2 ** 3 ** 2', 512],
  ['-2 ** 2 + 2 ** -1', -3.5],
  ['10 - 2 - 3', 5],
  ['lost ?? 2 * 3', 6],
  ['!(queue > 1) || true ? 1 : 0', 1],
  ['queue > 10 ? rate : 0', 300],
  ['queue > 10 && rate < 100 ? 1 : queue == 12 ? 2 : 3', 2],
  ['not (queue >= 13) or false ? 1 : 0', 1],
  ['max(rate, queue * 50)', 600],
  ['min([rate, queue], cron_floor)', 5],
  ['sum([rate, queue]) + mean([1, 2])', 313.5],
  ['ceil(1.2) + floor(1.8) + round(2.5) + abs(-1) + int(3.9) + float(1)', 2 + 1 + 3 + 1 + 3 + 1],
  ['lost ?? rate', 300],
  ['lost', null],
  ['nil ?? lost', null],
  ['.5e1', undefined],
  ['1e2 + .5', 100.5],
])('%s is %p', (text, value) => {
  if (value === undefined) expect(() => formulaOf(text)).toThrow("the formula '.5e1' has 'e1'");
  else expect(formulaOf(text)(VALUES)).toBe(value);
});

test.each(['unknown + 1', 'lost + 1', 'rate > 1', 'rate ? 1 : 2', 'max(lost, 1)'])(
  '%s comes to no number, as a query that fails',
  (text) => expect(formulaOf(text)(VALUES)).toBeUndefined(),
);

test.each([
  ['rate +', 'its end'],
  ['(rate', "'its end' in the place of ')'"],
  ['rate rate', "'rate'"],
  ['percentile(rate)', "the function 'percentile'"],
  ['rate | filter', "'| filter'"],
  ['', 'its end'],
])("'%s' is refused for %s", (text, what) =>
  expect(() => formulaOf(text)).toThrow(new Error(`the formula '${text}' has ${what}, which a replay can't read`)),
);
