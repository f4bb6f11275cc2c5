import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import fc from 'fast-check';
import { readTrace, type TraceOptions } from '../../../lib/capacity';
import { InvalidInput } from '../../../lib/core/problem';
import { refusal } from './refusal';

function read(content: string | Uint8Array, options: TraceOptions = {}) {
  const { trace, repairs } = readTrace(content, { name: 't', ...options });
  return { requests: [...trace.requests], repairs };
}

function rows(...values: readonly (readonly [number | string, number | string])[]): string {
  return `time_s,requests\n${values.map((row) => row.join()).join('\n')}\n`;
}

/** So many minutes with as many requests as their number, without some. */
function minutes(count: number, without: (i: number) => boolean): string {
  const all = Array.from({ length: count }, (_, i) => [i * 60, i] as const);
  return rows(...all.filter(([, i]) => !without(i)));
}

describe('a file that is no trace is refused', () => {
  const EMPTY = 'must have a column of times and one of requests, but is empty';
  const MATRIX =
    "must be the answer of Prometheus to a range query: {status, data: {resultType: 'matrix', result: […]}}";
  test.each<[string, string | Uint8Array, string]>([
    ['empty', '', `[t] ${EMPTY}`],
    ['no bytes', new Uint8Array(0), `[t] ${EMPTY}`],
    ['blank', ' \n\n', `[t] ${EMPTY}`],
    ['comments only', '# of the shop\n', `[t] ${EMPTY}`],
    ['names only', 'time_s,requests\n', '[t] must have rows of times and requests, got only the names of the columns'],
    [
      'one row',
      'time_s,requests\n0,5\n',
      "[t] must have at least 2 rows, as one doesn't tell how long a step is, got 1",
    ],
    ['one column', 'time_s\n0\n60\n', "[t:1] must have a column of times and one of requests, got only 'time_s'"],
    ['no requests', rows([0, 0], [60, 0]), '[t] must have requests, got 0 in 2 rows'],
    ['no values', rows([0, ''], [60, 'NaN']), '[t] must have values, got none in 2 rows'],
    [
      'a web page',
      '<!doctype html>\n<html></html>',
      '[t] must be CSV or JSON, got a web page: was a login asked for when it was fetched?',
    ],
    [
      'prose',
      'hello, world\nhow, are you\n',
      "[t:2] column 'hello' must be seconds, or a count since 1970, or a time like '2026-11-10T20:00:00Z', got 'how'",
    ],
    ['other JSON', '{"a":1}', `[t] ${MATRIX}, got other JSON: {"a":1}`],
    [
      'binary data',
      new Uint8Array([0x89, 0x50, 0x4e, 0x47]),
      "[t] must be CSV or JSON in UTF-8, got binary data, starting with '.PNG'",
    ],
    [
      'a workbook',
      new Uint8Array([0x50, 0x4b, 3, 4, 0, 0]),
      '[t] must be CSV or JSON, got a ZIP, as Excel writes: save the sheet as CSV',
    ],
    [
      'Parquet',
      new Uint8Array([0x50, 0x41, 0x52, 0x31, 0xff]),
      '[t] must be CSV or JSON in UTF-8, got Parquet: export it as CSV',
    ],
  ])('%s', (_, content, text) => expect(refusal(content)).toBe(text));
});

describe('a row that makes no sense is refused with its line', () => {
  const COLUMN = "column 'requests'";
  const PLAIN =
    "export plain numbers, with '.' before the decimals and without units (in Grafana: 'Formatted data' off)";
  test.each([
    ['negative', rows([0, 1], [60, -2]), `[t:3] ${COLUMN} must be 0 or more, got '-2': requests are counted`],
    ['infinite', rows([0, 1], [60, '+Inf']), `[t:3] ${COLUMN} must be finite, got '+Inf': the query divides by 0`],
    [
      'beyond numbers',
      rows([0, 1], [60, '1e999']),
      `[t:3] ${COLUMN} must be finite, got '1e999': the query divides by 0`,
    ],
    ['a word', rows([0, 1], [60, 'many']), `[t:3] ${COLUMN} must be a number, got 'many': ${PLAIN}`],
    ['hexadecimal', rows([0, 1], [60, '0x10']), `[t:3] ${COLUMN} must be a number, got '0x10': ${PLAIN}`],
    [
      'thousands with a comma',
      rows([0, 1], [60, '"1,234"']),
      `[t:3] ${COLUMN} must be a number, got '1,234': ${PLAIN}`,
    ],
    ['no time', rows([0, 1], ['noon', 2]), "[t:3] column 'time_s' must be a number of seconds, got 'noon'"],
    [
      'cut off',
      'time_s,requests\n0,1\n60',
      `[t:3] must have a value in ${COLUMN}, got only 1 value: is the file cut off?`,
    ],
    [
      'a quote that is left open',
      'time_s,requests\n0,1\n60,"2\n120,3\n',
      '[t:3] must close its quotes: Quoted field unterminated',
    ],
    [
      'no such day',
      'date,requests\n2026-02-28T00:00Z,1\n2026-02-30T00:00Z,1\n',
      "[t:3] column 'date' must be a date that there is, like '2026-11-10T20:00:00Z', got '2026-02-30T00:00Z'",
    ],
    [
      'no such month',
      'date,requests\n2026-13-01T00:00Z,1\n',
      "[t:2] column 'date' must be a date that there is, like '2026-11-10T20:00:00Z', got '2026-13-01T00:00Z'",
    ],
    [
      'months before days',
      'date,requests\n11/10/2026 20:00,1\n',
      "[t:2] column 'date' must be seconds, or a count since 1970, or a time like '2026-11-10T20:00:00Z', got '11/10/2026 20:00'",
    ],
  ])('%s', (_, content, text) => expect(refusal(content)).toBe(text));

  test('lines are counted past comments, empty lines and quoted ends of line', () => {
    const content = '# of the shop\n\ntime_s,requests,note\n0,1,"two\nlines"\n60,x,\n';
    expect(refusal(content)).toBe(`[t:6] ${COLUMN} must be a number, got 'x': ${PLAIN}`);
  });

  test('five are told, and how many more there are', () => {
    const lines = refusal(rows([0, 1], ...Array.from({ length: 7 }, (_, i) => [60 * (i + 1), -1] as const))).split(
      '\n',
    );
    expect(lines).toHaveLength(6);
    expect(lines[5]).toBe('[t] has 2 more such problems');
  });
});

describe('columns that can not be told apart are refused', () => {
  test.each<[string, string, TraceOptions, string]>([
    [
      'several unknown',
      'time,pod-a,pod-b\n0,1,2\n',
      {},
      "[t:1] must have one column of requests, got 'pod-a', 'pod-b': say with columns which are to be added up",
    ],
    [
      'several known',
      'time,requests,rps\n0,1,2\n',
      {},
      "[t:1] must have one column of requests, got 'requests', 'rps': say with columns which are to be added up",
    ],
    [
      'two of times',
      'date,time,requests\n2026-11-10,20:00,1\n',
      {},
      "[t:1] must have one column of times, got 'date' and 'time': join them into one, or take one out",
    ],
    [
      'chosen without names',
      '0,1\n',
      { columns: ['requests'] },
      '[t:1] must have a line of column names, as columns are chosen, got none',
    ],
    [
      'three without names',
      '0,1,2\n',
      {},
      '[t:1] must have a line of column names where there are more than two, got 3 columns',
    ],
    [
      'one that is not there',
      'time,pod-a\n0,1\n',
      { columns: ['pod_a'] },
      "[t:1] has no column 'pod_a': did you mean 'pod-a'? (known: time, pod-a)",
    ],
  ])('%s', (_, content, options, text) => expect(refusal(content, options)).toBe(text));
});

describe('gaps', () => {
  test('a short one is filled in, and said', () => {
    const { requests, repairs } = read(minutes(2000, (i) => i >= 1000 && i < 1010));
    expect(requests.slice(998, 1012)).toEqual(Array.from({ length: 14 }, (_, i) => 998 + i));
    expect(repairs).toContain(
      '10 minutes without a row, 16:40 to 16:49 of day 1, were filled in between their neighbours',
    );
  });

  test('where dates are known, they are said', () => {
    const content = minutes(2000, (i) => i === 1000).replace(
      /^(\d+),/gm,
      (_, time) => `${1_794_340_800 + Number(time)},`,
    );
    expect(read(content).repairs).toContain(
      '1 minute without a row, 2026-11-11T12:40Z, were filled in between their neighbours',
    );
  });

  const LIMIT = 'must have a value for each step, up to an hour and a twentieth of them excepted';
  const SAY = "say gaps: 'none' if nothing means no request, or 'between' to fill in what is between their neighbours";
  test.each([
    ['over an hour', minutes(2000, (i) => i >= 1000 && i < 1061), 'got none for 61 minutes, 16:40 to 17:40 of day 1'],
    [
      'over a night',
      minutes(2000, (i) => i >= 1000 && i < 1500),
      'got none for 500 minutes, 16:40 of day 1 to 00:59 of day 2',
    ],
    [
      'over a twentieth of all',
      minutes(100, (i) => i % 16 === 8),
      'got none for 6 minutes, in 6 places, the longest 00:08 of day 1',
    ],
  ])('%s they are refused', (_, content, got) => expect(refusal(content)).toBe(`[t] ${LIMIT}, ${got}: ${SAY}`));

  test('an hour is filled in', () => {
    expect(read(minutes(2000, (i) => i >= 1000 && i < 1060)).requests).toHaveLength(2000);
  });

  test('whoever says what they mean gets them', () => {
    const content = minutes(10, (i) => i === 4 || i === 5 || i === 6);
    const said = '3 minutes without a row, 00:04 to 00:06 of day 1,';
    expect(read(content, { gaps: 'none' })).toEqual({
      requests: [0, 1, 2, 3, 0, 0, 0, 7, 8, 9],
      repairs: [`${said} were taken for ones without a request`],
    });
    expect(read(content, { gaps: 'between' })).toEqual({
      requests: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
      repairs: [`${said} were filled in between their neighbours`],
    });
  });

  test('seconds of a log, most of which have no request and no row', () => {
    const content = rows([0, 1], [40, 2], [41, 1], [90, 3]);
    expect(read(content, { gaps: 'none' }).requests.filter((count) => count > 0)).toEqual([1, 2, 1, 3]);
  });

  test.each(['', 'NaN', 'null', '-'])('a row whose value is %p has none', (cell) => {
    const repairs = ['1 minute without a value, 00:01 of day 1, were filled in between their neighbours'];
    expect(read(rows([0, 2], [60, cell], [120, 4]), { gaps: 'between' })).toEqual({ requests: [2, 3, 4], repairs });
  });

  test('at the ends there is nothing between', () => {
    const content = rows([0, ''], [60, ''], [120, 4], [180, 5], [240, 'NaN']);
    expect(read(content)).toEqual({
      requests: [4, 5],
      repairs: [
        '2 minutes without a value at its start were left out',
        '1 minute without a value at its end were left out',
      ],
    });
  });

  test('a time that is far away is a slip', () => {
    const content = rows([0, 1], [1_794_340_800, 1], [1_794_340_860, 1], [1_794_340_920, 1]);
    const got = 'got 29905683 of 1 minute, 20770 days: is a time wrong?';
    expect(refusal(content, { gaps: 'none' })).toBe(`[t] must be at most 20000000 steps, ${got}`);
  });
});

describe('order and distance', () => {
  test('disorder is sorted, and said', () => {
    const repairs = ['1 row stood after later ones, the first at t:4, and were sorted'];
    expect(read(rows([0, 1], [120, 3], [60, 2], [180, 4]))).toEqual({ requests: [1, 2, 3, 4], repairs });
  });

  test('the newest first is turned round, and said', () => {
    const repairs = ['its rows stood newest first, and were turned round'];
    expect(read(rows([120, 3], [60, 2], [0, 1]))).toEqual({ requests: [1, 2, 3], repairs });
  });

  test('a row that is there twice counts once, and is said', () => {
    const repairs = ['1 row was there twice, and ignored'];
    expect(read(rows([0, 1], [60, 2], [60, 2], [120, 3]))).toEqual({ requests: [1, 2, 3], repairs });
  });

  test('two values for one time are refused', () => {
    const hint = 'add up the rows of a time before; where clocks were set back, export in UTC';
    const text = `[t:4] must have a time of its own, got that of t:3 with another value: ${hint}`;
    expect(refusal(rows([0, 1], [60, 2], [60, 3], [120, 3]))).toBe(text);
  });

  test('clocks that are a little off are put right, and said', () => {
    const repairs = ['rows were up to 0.1 seconds off a grid of 15 seconds, and were put on it'];
    expect(read(rows([0, 1], [15.02, 2], [29.9, 3], [45.1, 2], [60, 1]))).toEqual({
      requests: [1, 2, 3, 2, 1],
      repairs,
    });
  });

  test('a drift of the clock is followed for long', () => {
    const content = Array.from({ length: 5000 }, (_, i) => [(i * 15.01).toFixed(2), 1 + (i % 2)] as const);
    expect(read(rows(...content)).requests.slice(-3)).toEqual([2, 1, 2]);
  });

  test('times at no distance in particular are refused', () => {
    const rule = 'must be a multiple of 1 minute after the first row, as they mostly are that far apart';
    const text = `[t:4] ${rule}, got 97 seconds: count the requests in steps of equal length`;
    expect(refusal(rows([0, 1], [60, 2], [97, 3], [157, 4], [217, 5]))).toBe(text);
  });
});

describe('milliseconds that are taken for seconds', () => {
  const ms = (step: number, time = 'time') => `${time},requests\n0,1\n${step},2\n${2 * step},1\n`;
  const apart = (step: number) =>
    `[t] must say the unit of its times, which are ${step} apart, as if they were milliseconds: give it a line of names, with time_s or time_ms`;
  test.each([
    ['of a minute', ms(60_000), apart(60_000)],
    ['of a second', ms(1000), apart(1000)],
    [
      'under a name that says seconds',
      ms(60_000, 'time_s'),
      '[t] must have a row at least every hour, got one every 60000 s: is that milliseconds? Then call the column time_ms',
    ],
  ])('%s are refused', (_, content, text) => expect(refusal(content)).toBe(text));

  test('the name settles it', () => {
    expect(read(ms(1000, 'time_s')).requests).toEqual([1, 2, 1]);
    expect(read(ms(1000, 'time_ms')).requests).toEqual([1, 2, 1]);
  });
});

// In a process of its own: Jest makes every use of a global slow, such as Number, and there are millions.
test('a million rows are read, to the last', () => {
  const program = `
    const { readTrace } = require('./lib/capacity/traces/read-trace');
    const lines = Array.from({ length: 1_000_000 }, (_, i) => i * 15 + ',' + (i % 5000));
    const { trace, repairs } = readTrace('time_s,requests\\n' + lines.join('\\n') + '\\n');
    const wrong = trace.requests.findIndex((count, i) => count !== i % 5000);
    console.log(JSON.stringify([trace.step, trace.requests.length, wrong, repairs]));
  `;
  const root = join(__dirname, '../../..');
  const output = execFileSync(process.execPath, ['-r', 'tsx/cjs', '-e', program], { cwd: root, encoding: 'utf8' });
  expect(JSON.parse(output)).toEqual([15, 1_000_000, -1, []]);
});

test('options are checked', () => {
  expect(refusal('', { values: 'rate' as 'rates' })).toBe(
    "[readTrace] values must be one of counts, rates, got 'rate': did you mean 'rates'?",
  );
});

test('whatever a file has, it is read or refused with words', () => {
  const cell = fc.oneof(
    fc.constantFrom('', '0', '60', '-1', 'NaN', '1e9', '"', '2026-11-10', 'time', 'requests', '#'),
    fc.string(),
  );
  const line = fc.array(cell, { maxLength: 3 }).map((cells) => cells.join());
  const file = fc.oneof(
    fc.array(line, { maxLength: 6 }).map((lines) => lines.join('\n')),
    fc.array(line, { maxLength: 6 }).map((lines) => `time_s,requests\n${lines.join('\n')}`),
    fc.json(),
    fc.json().map((value) => `[{"metric":{},"values":[[0,"1"],${value}]}]`),
    fc.uint8Array(),
  );
  fc.assert(
    fc.property(file, fc.constantFrom(undefined, 'none', 'between'), (content, gaps) => {
      try {
        const { trace } = readTrace(content, { gaps });
        expect(trace.step).toBeGreaterThan(0);
        expect(trace.requests.every((count) => count >= 0 && Number.isFinite(count))).toBe(true);
      } catch (error) {
        if (!InvalidInput.is(error)) throw error;
      }
    }),
    { numRuns: 1000 },
  );
});
