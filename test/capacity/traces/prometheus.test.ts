import { readTrace, type TraceOptions } from '../../../lib/capacity';

/** 2026-11-10T20:00:00Z */
const EPOCH = 1_794_340_800;
type Values = readonly (readonly [number, string | number | null])[];

function series(values: Values, metric: object = {}) {
  return { metric, values: values.map(([at, value]) => [EPOCH + at, value]) };
}

function read(answer: unknown, options: TraceOptions = {}) {
  const { trace, repairs } = readTrace(JSON.stringify(answer), { name: 't', ...options });
  return { ...trace, requests: [...trace.requests], repairs };
}

function matrix(...result: object[]) {
  return { status: 'success', data: { resultType: 'matrix', result } };
}

const three = series([
  [60, '1'],
  [120, '2'],
  [180, '1.5'],
]);

test('a rate is that of the step which ends at its time', () => {
  expect(read(matrix(three))).toEqual({ name: 't', step: 60, startsAt: EPOCH, requests: [60, 120, 90], repairs: [] });
});

test('counts are told by an option', () => {
  expect(read(matrix(three), { values: 'counts' }).requests).toEqual([1, 2, 1.5]);
});

test.each([
  ['its data alone', matrix(three).data],
  ['its list of series, as promtool writes', [three]],
  [
    'numbers without quotes',
    matrix(
      series([
        [60, 1],
        [120, 2],
        [180, 1.5],
      ]),
    ),
  ],
])('the answer may be %s', (_, answer) => expect(read(answer).requests).toEqual([60, 120, 90]));

test('series are added up, also those that come later or have no value for a time', () => {
  const old = series([
    [0, '1'],
    [60, '2'],
    [120, 'NaN'],
  ]);
  const young = series([
    [60, '3'],
    [120, '4'],
    [180, '5'],
  ]);
  expect(read(matrix(young, old), { values: 'counts' }).requests).toEqual([1, 5, 4, 5]);
});

test('a time at which none has a value is a gap', () => {
  const values: Values = Array.from({ length: 30 }, (_, i) => [i * 60, i === 10 ? 'NaN' : '2'] as const);
  expect(read(matrix(series(values)), { values: 'counts' })).toMatchObject({
    requests: Array(30).fill(2),
    repairs: ['1 minute without a value, 2026-11-10T20:10Z, were filled in between their neighbours'],
  });
});

test('what Prometheus warns of is passed on', () => {
  expect(read({ ...matrix(three), warnings: ['a store did not answer'] }).repairs).toEqual([
    'Prometheus warned: a store did not answer',
  ]);
});

const SHAPE = "must be the answer of Prometheus to a range query: {status, data: {resultType: 'matrix', result: […]}}";
test.each<[string, unknown, string]>([
  [
    'an error',
    { status: 'error', errorType: 'bad_data', error: 'unexpected end of input' },
    "[t] must have an answer, got an error of Prometheus, 'bad_data': unexpected end of input",
  ],
  [
    'an instant query',
    { status: 'success', data: { resultType: 'vector', result: [] } },
    "[t] must be of a range query, got the answer of an instant one ('vector'): query /api/v1/query_range, with start, end and step",
  ],
  ['no series', matrix(), '[t] must have a series, got none: does the query find anything at that time?'],
  [
    'a counter',
    [
      series(
        [
          [0, '1'],
          [60, '2'],
        ],
        { __name__: 'http_requests_total' },
      ),
    ],
    '[t] must be a rate, got the counter http_requests_total, which only grows: query sum(rate(http_requests_total[1m]))',
  ],
  [
    'native histograms',
    [{ ...three, histograms: [] }],
    '[t] must have numbers, got a native histogram: query its histogram_count',
  ],
  [
    'infinity',
    [
      series(
        [
          [0, '1'],
          [60, '+Inf'],
        ],
        { pod: 'a' },
      ),
    ],
    '[t at 2026-11-10T20:01Z] the value of {"pod":"a"} must be finite, got \'+Inf\': the query divides by 0',
  ],
  [
    'what is negative',
    [
      series(
        [
          [0, '1'],
          [60, '-1'],
        ],
        { pod: 'a' },
      ),
    ],
    '[t at 2026-11-10T20:01Z] the value of {"pod":"a"} must be 0 or more, got \'-1\': requests are counted',
  ],
  [
    'odd samples',
    [{ metric: {}, values: [['now', '1']] }],
    '[t] must have samples like [1762804800, \'12.5\'], got ["now","1"]',
  ],
  ['odd series', [3], `[t] ${SHAPE}, got 3`],
])('%s is refused', (_, answer, text) => expect(() => read(answer)).toThrow(new Error(text)));

test('an answer that was cut off is refused', () => {
  expect(() => readTrace(JSON.stringify(matrix(three)).slice(0, 60), { name: 't' })).toThrow(
    /^\[t\] must be whole JSON \(.+\): was it cut off when it was fetched\?$/,
  );
});
