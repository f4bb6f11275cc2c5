import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { readTrace, type TraceOptions } from '../../../lib/capacity';
import { refusal } from './refusal';

const SHARED = join(__dirname, '../../../../shared/traces');

function read(content: string | Uint8Array, options: TraceOptions = {}) {
  const { trace, repairs } = readTrace(content, { name: 't', ...options });
  const { name, requests, ...rest } = trace;
  return { ...rest, requests: [...requests], repairs };
}

/** 2026-11-10T20:00:00Z */
const EPOCH = 1_794_340_800;

describe('what CSV may look like', () => {
  const minutes = { step: 60, requests: [5, 6, 9], repairs: [] };
  const dated = { ...minutes, startsAt: EPOCH };
  test.each([
    ['seconds from the start', 'time_s,requests\n0,5\n60,6\n120,9\n', minutes],
    ['times that start later', 'time_s,requests\n60,5\n120,6\n180,9\n', minutes],
    ['milliseconds from the start', 'time_ms,requests\n0,5\n60000,6\n120000,9\n', minutes],
    ['minutes', 'minute,requests\n0,5\n1,6\n2,9\n', minutes],
    [
      'hours in the name of the unit',
      'Time (h),requests\n0,300\n0.5,600\n1,900\n',
      { ...minutes, step: 1800, requests: [300, 600, 900] },
    ],
    ['seconds since 1970', `timestamp,count\n${EPOCH},5\n${EPOCH + 60},6\n${EPOCH + 120},9\n`, dated],
    ['milliseconds since 1970', `timestamp,count\n${EPOCH}000,5\n${EPOCH + 60}000,6\n${EPOCH + 120}000,9\n`, dated],
    ['microseconds since 1970', `ts,n\n${EPOCH}000000,5\n${EPOCH + 60}000000,6\n${EPOCH + 120}000000,9\n`, dated],
    [
      'nanoseconds since 1970',
      `ts,hits\n${EPOCH}000000000,5\n${EPOCH + 60}000000000,6\n${EPOCH + 120}000000000,9\n`,
      dated,
    ],
    ['dates', 'date,requests\n2026-11-10T20:00:00Z,5\n2026-11-10T20:01:00Z,6\n2026-11-10T20:02:00Z,9\n', dated],
    [
      'dates with an offset',
      'date,requests\n2026-11-11T01:30:00.000+05:30,5\n2026-11-11 01:31+0530,6\n2026-11-11 01:32:00 +05:30,9\n',
      dated,
    ],
    [
      'dates with slashes',
      'date,requests\n2026/11/10 20:00:00Z,5\n2026/11/10 20:01:00Z,6\n2026/11/10 20:02:00Z,9\n',
      dated,
    ],
    ['rates', `ts,rps\n${EPOCH},0.5\n${EPOCH + 60},1\n${EPOCH + 120},1.5\n`, { ...dated, requests: [30, 60, 90] }],
    [
      'rates in full',
      `ts,requests/s\n${EPOCH},0.5\n${EPOCH + 60},1\n${EPOCH + 120},1.5\n`,
      { ...dated, requests: [30, 60, 90] },
    ],
    [
      'requests per minute',
      `ts,rpm\n${EPOCH},30\n${EPOCH + 60},60\n${EPOCH + 120},90\n`,
      { ...dated, requests: [30, 60, 90] },
    ],
    ['columns the other way round', 'requests,time_s\n5,0\n6,60\n9,120\n', minutes],
    ['columns that are no traffic', 'host,time_s,requests,latency_ms\na,0,5,1\na,60,6,1\na,120,9,1\n', minutes],
    ['semicolons', 'time_s;requests\n0;5\n60;6\n120;9\n', minutes],
    ['tabs', 'time_s\trequests\n0\t5\n60\t6\n120\t9\n', minutes],
    ['quotes', '"time_s","requests"\n"0","5"\n"60","6"\n"120","9"\n', minutes],
    ['a byte order mark', '\ufefftime_s,requests\n0,5\n60,6\n120,9\n', minutes],
    ['ends of line of Windows', 'time_s,requests\r\n0,5\r\n60,6\r\n120,9\r\n', minutes],
    ['no end of line at the end', 'time_s,requests\n0,5\n60,6\n120,9', minutes],
    ['spaces and capitals', ' Time_S , Requests \n 0 , 5 \n 60 , 6 \n 120 , 9 \n', minutes],
    ['comments and empty lines', '# of the shop\n\ntime_s,requests\n0,5\n# noon\n60,6\n\n120,9\n', minutes],
    ['exponents', 'time_s,requests\n0,0.5e1\n6e1,6\n1.2e2,9\n', minutes],
  ])('%s', (_, content, expected) => expect(read(content)).toEqual(expected));

  test('Excel writes UTF-16 as "Unicode text"', () => {
    const content = Buffer.from('\ufefftime_s\trequests\r\n0\t5\r\n60\t6\r\n120\t9\r\n', 'utf16le');
    expect(read(content)).toEqual(minutes);
  });

  test("Grafana's export for Excel has a line for the delimiter, and rates as they are shown", () => {
    const content = 'sep=;\r\n"Time";"shop"\r\n2026-11-10 20:00:00;950 req/s\r\n2026-11-10 20:00:15;1.2 K req/s\r\n';
    expect(read(content)).toEqual({
      step: 15,
      startsAt: EPOCH,
      requests: [14_250, 18_000],
      repairs: [
        "the times of column 'Time' have no zone and were taken for UTC",
        "numbers such as '950 req/s' were read as they are shown, rounded: export them unformatted for all digits",
      ],
    });
  });
});

describe('what is taken for granted is said', () => {
  const COUNTS = "were taken for requests, as all are whole: say values: 'rates' if they are requests per second";
  const RATES = "were taken for requests per second, as not all are whole: say values: 'counts' if they are no rates";

  test('whole numbers without a name are counts', () => {
    expect(read('0,5\n60,6\n')).toMatchObject({
      requests: [5, 6],
      repairs: [`the values of the second column ${COUNTS}`],
    });
  });

  test('numbers that are not whole, under a name that tells nothing, are rates', () => {
    const repairs = [`the values of column 'shop' ${RATES}`];
    expect(read('time_s,shop\n0,0.5\n60,1\n')).toMatchObject({ requests: [30, 60], repairs });
  });

  test('whoever says what they are is not told', () => {
    expect(read('0,5\n60,6\n', { values: 'rates' })).toMatchObject({ requests: [300, 360], repairs: [] });
    expect(read('0,0.5\n60,6\n', { values: 'counts' })).toMatchObject({ requests: [0.5, 6], repairs: [] });
  });

  test('milliseconds in a column of seconds', () => {
    const repairs = ["the times of column 'time_s' were taken for milliseconds since 1970, which their size tells"];
    expect(read(`time_s,requests\n${EPOCH}000,5\n${EPOCH + 60}000,6\n`)).toMatchObject({
      step: 60,
      startsAt: EPOCH,
      repairs,
    });
  });

  test('seconds in a column of milliseconds', () => {
    const repairs = ['its steps are only 0.06 seconds long: are its times in the unit that they seem?'];
    expect(read('time_ms,requests\n0,5\n60,6\n')).toMatchObject({ step: 0.06, repairs });
  });

  test('a decimal comma', () => {
    const repairs = ["numbers such as '5,5' were read with a decimal comma"];
    expect(read('time_s;rps\n0;5,5\n60;6\n')).toMatchObject({ requests: [330, 360], repairs });
  });

  test('traffic that never falls may be a counter', () => {
    const content = Array.from({ length: 100 }, (_, i) => `${i * 60},${i}`).join('\n');
    expect(read(`time_s,requests\n${content}`).repairs).toEqual([
      'its values never fall: if they are those of a counter, which only grows, query its rate',
    ]);
  });
});

test('chosen columns are added up, where one has no value too', () => {
  const content = 'time_s,requests,pod-a,pod-b\n0,9,1,2\n60,9,3,\n';
  expect(read(content, { columns: ['pod-a', 'pod-b'], values: 'counts' }).requests).toEqual([3, 3]);
});

describe('the traces that come with the project', () => {
  test.each(['azure-llm-2023-code', 'azure-llm-2023-conv'])('%s', (name) => {
    const lines = readFileSync(join(SHARED, `${name}.csv`), 'utf8')
      .trim()
      .split('\n')
      .slice(1);
    const { trace, repairs } = readTrace(readFileSync(join(SHARED, `${name}.csv`)), { name });
    expect([trace.name, trace.step, trace.startsAt, repairs]).toEqual([name, 1, undefined, []]);
    expect(Array.from(trace.requests, String)).toEqual(lines.map((line) => line.split(',')[1]));
  });

  test('worldcup98: the 10 minutes that its log has not are filled in, and said', () => {
    const { trace, repairs } = readTrace(readFileSync(join(SHARED, 'worldcup98-may1-jun14.csv')), { name: 'cup' });
    expect([trace.step, trace.requests.length]).toEqual([60, 64_800]);
    expect(repairs).toEqual([
      '10 minutes without a row, in 7 places, the longest 09:43 to 09:45 of day 17, were filled in between their neighbours',
    ]);
    // The rows beside the first of them, and what is between.
    expect([...trace.requests.slice(10_281, 10_284)]).toEqual([158, 118.5, 79]);
  });
});

describe('gzip', () => {
  const packed = gzipSync('time_s,requests\n0,5\n60,6\n');

  test('is known by its first bytes, whatever its name', () => {
    expect(read(packed, { gunzip: gunzipSync }).requests).toEqual([5, 6]);
    const prometheus = JSON.stringify([
      {
        metric: {},
        values: [
          [EPOCH, '1'],
          [EPOCH + 60, '2'],
        ],
      },
    ]);
    expect(read(gzipSync(prometheus), { gunzip: gunzipSync }).requests).toEqual([60, 120]);
  });

  test.each([
    [
      'without what unpacks it',
      packed,
      {},
      'must come with what unpacks it, as it is gzip: give gunzip, in Node gunzipSync of node:zlib',
    ],
    [
      'cut off',
      packed.subarray(0, 30),
      { gunzip: gunzipSync },
      "must be whole gzip, but it can't be unpacked (unexpected end of file): fetch it again",
    ],
    [
      'of something else',
      gzipSync('a\0b'),
      { gunzip: gunzipSync },
      "must be CSV or JSON, got binary data, starting with 'a.b'",
    ],
  ])('%s it is refused', (_, content, options, text) => expect(refusal(content, options)).toBe(`[t] ${text}`));
});
