import { z } from 'zod';
import { InvalidInput } from '../../core/problem';
import { must, parse } from '../../core/schema';
import { atLeast, positive } from './numbers';
import { duration, type Trace } from './trace';

/** Checks {@link FlashSale}. */
export const flashSaleSchema = z
  .strictObject({
    /** When it begins, in seconds from the trace's start. */
    at: atLeast(0, "a number of seconds from the trace's start"),
    /** Seconds until it is over. */
    lasts: positive('a number of seconds'),
    /** How much of the usual traffic comes at its height: 10 for ten times as much. */
    multiple: positive('a multiple of the usual traffic'),
    /**
     * Seconds from its start to its height, and from there back at its end.
     * @default 60
     */
    rise: atLeast(0, 'a number of seconds').default(60),
  })
  .superRefine(({ rise, lasts }, context) => {
    const message = must(`be at most half of lasts, ${lasts} s`)({ input: rise });
    if (rise * 2 > lasts) context.addIssue({ code: 'custom', path: ['rise'], message });
  });

/** A time of more traffic. @interface */
export type FlashSale = z.input<typeof flashSaleSchema>;

/**
 * A trace with a flash sale in it: from its start the traffic grows evenly to a multiple of what it was, and at the end
 * goes back as fast.
 *
 * @throws InvalidInput when a number makes no sense, or the sale begins after the trace's end
 * @example
 * ```ts
 * // Ten times the traffic of the second evening, for an hour, within two minutes of its start.
 * const busy = flashSale(trace, { at: 44 * 3600, lasts: 3600, multiple: 10, rise: 120 });
 * ```
 */
export function flashSale(trace: Trace, sale: FlashSale): Trace {
  const { at, lasts, multiple, rise } = parse(flashSaleSchema, sale, 'flashSale');
  const { step, requests } = trace;
  if (at >= duration(trace)) {
    const text = `at must be before the end of ${trace.name}, ${duration(trace)} s, got ${at}`;
    throw new InvalidInput([{ where: 'flashSale', text }]);
  }
  /** How much of the height there was until a time, in seconds of it. */
  const until = (time: number) => ramped(time - at, rise) - ramped(time - (at + lasts - rise), rise);
  return {
    ...trace,
    requests: requests.map((count, i) => {
      const height = (until((i + 1) * step) - until(i * step)) / step;
      return count * (1 + (multiple - 1) * height);
    }),
  };
}

/** The integral, from 0, of what grows evenly from 0 to 1 within `rise`, and stays there. */
function ramped(time: number, rise: number): number {
  if (time <= 0) return 0;
  return time < rise ? time ** 2 / (2 * rise) : time - rise / 2;
}
