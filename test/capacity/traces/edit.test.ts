import fc from 'fast-check';
import { flashSale, readTrace, resample, scale, slice, summaryOf, type Trace, writeTrace } from '../../../lib/capacity';

const trace: Trace = { name: 'shop', step: 60, requests: Float64Array.of(60, 120, 180, 240, 300, 360) };

function total({ requests }: Trace): number {
  return requests.reduce((sum, count) => sum + count, 0);
}

const counts = fc.array(fc.nat(1_000_000), { minLength: 2, maxLength: 50 });
const traces = fc
  .record({
    step: fc.constantFrom(0.5, 1, 7, 15, 60, 300),
    counts,
    startsAt: fc.option(fc.nat(2e9), { nil: undefined }),
  })
  .map(({ step, counts, startsAt }): Trace => {
    return { name: 'any', step, requests: Float64Array.from(counts), ...(startsAt !== undefined && { startsAt }) };
  });

describe('resample', () => {
  test('longer steps have the requests of those that they are made of', () => {
    expect(resample(trace, 120)).toEqual({ name: 'shop', step: 120, requests: Float64Array.of(180, 420, 660) });
  });

  test('within a step requests come evenly', () => {
    expect([...resample(trace, 15).requests.slice(0, 8)]).toEqual([15, 15, 15, 15, 30, 30, 30, 30]);
    expect([...resample(trace, 90).requests]).toEqual([120, 240, 390, 510]);
  });

  test('the last step may be a part', () => {
    expect([...resample(trace, 240).requests]).toEqual([600, 660]);
  });

  test('no request is lost, and none made up', () => {
    fc.assert(
      fc.property(traces, fc.double({ min: 0.3, max: 5000, noNaN: true }), (any, step) => {
        const sum = total(any);
        expect(Math.abs(total(resample(any, step)) - sum)).toBeLessThanOrEqual(1e-9 * sum);
      }),
    );
  });

  test('shorter steps and back give the same', () => {
    fc.assert(
      fc.property(traces, fc.integer({ min: 1, max: 20 }), (any, parts) => {
        const back = resample(resample(any, any.step / parts), any.step);
        expect(back.requests).toHaveLength(any.requests.length);
        for (const [i, count] of back.requests.entries()) expect(count).toBeCloseTo(any.requests[i] ?? 0, 5);
      }),
    );
  });

  test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('a step of %p is refused', (step) => {
    expect(() => resample(trace, step)).toThrow(`[resample] step must be a number of seconds above 0, got ${step}`);
  });
});

describe('scale', () => {
  test('every step has so many times as much', () => {
    fc.assert(
      fc.property(traces, fc.double({ min: 0.01, max: 100, noNaN: true }), (any, factor) => {
        expect([...scale(any, factor).requests]).toEqual(Array.from(any.requests, (count) => count * factor));
      }),
    );
  });

  test('nothing else changes, not even what was given', () => {
    expect(scale({ ...trace, startsAt: 7 }, 2)).toMatchObject({ name: 'shop', step: 60, startsAt: 7 });
    expect(trace.requests[0]).toBe(60);
  });

  test.each([0, -2, Number.NaN])('a factor of %p is refused', (factor) => {
    expect(() => scale(trace, factor)).toThrow(`[scale] factor must be a number above 0, got ${factor}`);
  });
});

describe('slice', () => {
  test('has the steps in between, and when they began', () => {
    const part = slice({ ...trace, startsAt: 1000 }, 120, 240);
    expect(part).toEqual({ name: 'shop', step: 60, startsAt: 1120, requests: Float64Array.of(180, 240) });
  });

  test('has a step of which a part is in between', () => {
    expect([...slice(trace, 130, 181).requests]).toEqual([180, 240]);
  });

  test('ends where the trace does', () => {
    expect([...slice(trace, 240, 10_000).requests]).toEqual([300, 360]);
  });

  test('parts side by side are the whole', () => {
    fc.assert(
      fc.property(traces, fc.nat(49), (any, cut) => {
        const place = 1 + (cut % (any.requests.length - 1));
        const end = any.requests.length * any.step;
        const parts = [slice(any, 0, place * any.step), slice(any, place * any.step, end)];
        expect(parts.flatMap(({ requests }) => [...requests])).toEqual([...any.requests]);
      }),
    );
  });

  test.each([
    [400, 500],
    [120, 120],
    [240, 120],
    [-100, 0],
    [Number.NaN, 100],
  ])('from %p to %p there is nothing', (from, to) => {
    const text = `[slice] must hold a part of shop, which is 360 s long, got from ${from} s to ${to} s`;
    expect(() => slice(trace, from, to)).toThrow(text);
  });
});

describe('flashSale', () => {
  const flat: Trace = { name: 'flat', step: 60, requests: new Float64Array(10).fill(100) };

  test('traffic grows to its multiple, stays there, and goes back as fast', () => {
    const busy = flashSale(flat, { at: 120, lasts: 360, multiple: 5, rise: 120 });
    // A step in which it grows evenly from 0 to half of its height is a quarter of it on average.
    expect([...busy.requests]).toEqual([100, 100, 200, 400, 500, 500, 400, 200, 100, 100]);
  });

  test('it may come at once, and within a step', () => {
    const busy = flashSale(flat, { at: 90, lasts: 60, multiple: 3, rise: 0 });
    expect([...busy.requests.slice(0, 4)]).toEqual([100, 200, 200, 100]);
  });

  test('by default it takes a minute', () => {
    const [first, second] = flashSale(flat, { at: 0, lasts: 600, multiple: 3 }).requests;
    expect([first, second]).toEqual([200, 300]);
  });

  test('what it brings does not depend on the steps', () => {
    const sale = { at: 100, lasts: 300, multiple: 10, rise: 70 };
    const coarse = total(flashSale(flat, sale));
    expect(total(flashSale(resample(flat, 5), sale))).toBeCloseTo(coarse, 6);
    // The height for as long as it lasts without one rise, at 100 requests a minute.
    expect(coarse).toBeCloseTo(1000 + (9 * 100 * (300 - 70)) / 60, 6);
  });

  test.each([
    [{ at: 600, lasts: 60, multiple: 2, rise: 0 }, 'at must be before the end of flat, 600 s, got 600'],
    [
      { at: -1, lasts: 60, multiple: 2, rise: 0 },
      "at must be a number of seconds from the trace's start, 0 or more, got -1",
    ],
    [{ at: 0, lasts: 60, multiple: 0, rise: 0 }, 'multiple must be a multiple of the usual traffic, above 0, got 0'],
    [{ at: 0, lasts: 60, multiple: 2, rise: 31 }, 'rise must be at most half of lasts, 60 s, got 31'],
    [{ at: 0, lasts: 60, multiple: 2 }, 'rise must be at most half of lasts, 60 s, got 60'],
  ])('%p is refused', (sale, text) => expect(() => flashSale(flat, sale)).toThrow(`[flashSale] ${text}`));
});

test('what was written is read as the same', () => {
  fc.assert(
    fc.property(traces, (any) => {
      fc.pre(total(any) > 0);
      const sinceEpoch = any.startsAt === undefined ? any : { ...any, startsAt: 1e9 + any.startsAt };
      expect(readTrace(writeTrace(sinceEpoch), { name: 'any' }).trace).toEqual(sinceEpoch);
    }),
  );
});

test('the name of its first column tells since when seconds are counted', () => {
  const written = { name: 'x', step: 60, startsAt: 1_794_340_800, requests: Float64Array.of(1, 2) };
  expect(writeTrace(written)).toBe('timestamp_s,requests\n1794340800,1\n1794340860,2\n');
});

test('fractions of requests are written in full', () => {
  expect(writeTrace({ name: 'x', step: 0.5, requests: Float64Array.of(0.1, 1 / 3) })).toBe(
    `time_s,requests\n0,0.1\n0.5,${1 / 3}\n`,
  );
});

describe('summaryOf', () => {
  test('tells of level, peak and the steepest rise', () => {
    const counts = Array.from({ length: 100 }, (_, i) => (i === 50 ? 6000 : i === 51 ? 3000 : 600));
    expect(summaryOf({ name: 'x', step: 60, requests: Float64Array.from(counts) })).toEqual({
      requests: 67_800,
      seconds: 6000,
      mean: 11.3,
      median: 10,
      p99: 50,
      peak: { rate: 100, at: 3000 },
      steepest: { within: 300, from: 10, to: 100, at: 3000 },
    });
  });

  test('of a trace with steps above 5 minutes, from one to the next', () => {
    expect(summaryOf({ name: 'x', step: 600, requests: Float64Array.of(600, 1200, 6000, 600) }).steepest).toEqual({
      within: 600,
      from: 2,
      to: 10,
      at: 1200,
    });
  });
});
