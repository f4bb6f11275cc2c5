import { z } from 'zod';
import { must, parse, wholeNumber } from '../../core/schema';
import { flashSale, flashSaleSchema } from './flash-sale';
import { atLeast, positive } from './numbers';
import { Random } from './random';
import type { Trace } from './trace';

const DAY = 86_400;
/** How long a chance crowd stays, in seconds: traffic varies by more than the arrivals of independent users do. */
const CROWD_STAYS = 600;

const share = (what: string) =>
  z
    .number({ error: must(`be ${what}, from 0 to 1`) })
    .min(0)
    .max(1);

const traffic = {
  /** Requests per second, on average over an ordinary day. */
  mean: positive('a number of requests per second'),
  /**
   * How far the rate swings around its mean within a day: 0 for never, 1 for down to nothing and up to double.
   * @default 0.6
   */
  swing: share('a share of the mean').default(0.6),
  /**
   * When a day is busiest, in seconds from its start.
   * @default 72000 - 20:00
   */
  busiestAt: atLeast(0, "a number of seconds from the day's start").max(DAY).default(72_000),
  /**
   * Seconds of each step.
   * @default 60
   */
  step: positive('a number of seconds').default(60),
  /**
   * Standard deviation of the rate around its pattern, as a share of it; beside it each request comes by chance.
   * @default 0.05
   */
  noise: share('a share of the rate').default(0.05),
  /**
   * The same seed gives the same trace.
   * @default 1
   */
  seed: wholeNumber({ min: 0, of: 'any size' }).default(1),
};
const days = wholeNumber({ min: 1, max: 3650, of: 'days' });

/** Checks {@link Daily}. */
export const dailySchema = z.strictObject({ ...traffic, days });
/** Properties of {@link daily}. @interface */
export type Daily = z.input<typeof dailySchema>;

/**
 * Traffic that is the same on every day, but for chance: low at night, and highest at one time.
 *
 * @throws InvalidInput when a number makes no sense
 * @example
 * ```ts
 * const fortnight = daily({ days: 14, mean: 800, swing: 0.7 });
 * ```
 */
export function daily(props: Daily): Trace {
  const { days, ...rest } = parse(dailySchema, props, 'daily');
  return generate(`daily-${rest.seed}`, days, rest, () => 1);
}

/** Checks {@link Weekly}. */
export const weeklySchema = z.strictObject({
  ...traffic,
  weeks: wholeNumber({ min: 1, max: 520, of: 'weeks' }),
  /**
   * The traffic of Saturday and Sunday by that of the other days.
   * @default 1.3
   */
  weekend: positive("a multiple of the other days' traffic").default(1.3),
});
/** Properties of {@link weekly}. @interface */
export type Weekly = z.input<typeof weeklySchema>;

/**
 * Traffic with a daily pattern, and another level at the weekend; it starts on a Monday.
 *
 * @throws InvalidInput when a number makes no sense
 */
export function weekly(props: Weekly): Trace {
  const { weeks, weekend, ...rest } = parse(weeklySchema, props, 'weekly');
  const level = (time: number) => (Math.floor(time / DAY) % 7 < 5 ? 1 : weekend);
  return generate(`weekly-${rest.seed}`, weeks * 7, rest, level);
}

/** Checks {@link Sale}. */
export const saleSchema = z.strictObject({ ...traffic, days, ...flashSaleSchema.shape });
/** Properties of {@link sale}. @interface */
export type Sale = z.input<typeof saleSchema>;

/**
 * Daily traffic with a flash sale.
 *
 * @throws InvalidInput when a number makes no sense, or the sale begins after the last day
 * @example
 * ```ts
 * // Ten times as much from 20:00 of the third day, for two hours.
 * const singlesDay = sale({ days: 4, mean: 800, at: 68 * 3600, lasts: 7200, multiple: 10, rise: 120 });
 * ```
 */
export function sale(props: Sale): Trace {
  const { days, at, lasts, multiple, rise, ...rest } = parse(saleSchema, props, 'sale');
  const name = `sale-${rest.seed}`;
  const ordinary = { name, step: rest.step, requests: new Float64Array(stepsOf(days, rest.step)).fill(1) };
  const levels = flashSale(ordinary, { at, lasts, multiple, rise }).requests;
  return generate(name, days, rest, (time) => levels[Math.floor(time / rest.step)] ?? 1);
}

/** Checks {@link Outage}. */
export const outageSchema = z.strictObject({
  ...traffic,
  days,
  /** When nothing arrives any more, in seconds from the trace's start. */
  at: atLeast(0, "a number of seconds from the trace's start"),
  /** Seconds until traffic comes back. */
  lasts: positive('a number of seconds'),
  /**
   * How much of the usual traffic comes at once when it is over: clients try again, and caches are cold.
   * @default 3
   */
  comeback: positive('a multiple of the usual traffic').default(3),
  /**
   * Seconds in which what is above the usual traffic falls to a third (1/e).
   * @default 300
   */
  settles: positive('a number of seconds').default(300),
});
/** Properties of {@link outage}. @interface */
export type Outage = z.input<typeof outageSchema>;

/**
 * Daily traffic with an outage of what is before the server, such as the network. Its autoscaler has taken replicas away
 * by the time when all clients come back at once, and starts cold.
 *
 * @throws InvalidInput when a number makes no sense
 * @example
 * ```ts
 * const coldStart = outage({ days: 2, mean: 800, at: 43 * 3600, lasts: 1800, comeback: 4 });
 * ```
 */
export function outage(props: Outage): Trace {
  const { days, at, lasts, comeback, settles, ...rest } = parse(outageSchema, props, 'outage');
  return generate(`outage-${rest.seed}`, days, rest, (time) => {
    const since = time - (at + lasts);
    if (since >= 0) return 1 + (comeback - 1) * Math.exp(-since / settles);
    return time < at ? 1 : 0;
  });
}

type Traffic = Omit<z.output<typeof dailySchema>, 'days'>;

function stepsOf(days: number, step: number): number {
  return Math.round((days * DAY) / step);
}

/** @param level of the traffic, by that of an ordinary day, in the middle of each step */
function generate(name: string, days: number, traffic: Traffic, level: (time: number) => number): Trace {
  const { mean, swing, busiestAt, step, noise, seed } = traffic;
  const random = new Random(seed);
  const staying = Math.exp(-step / CROWD_STAYS);
  let crowd = random.normal();
  const requests = new Float64Array(stepsOf(days, step)).map((_, i) => {
    const time = (i + 0.5) * step;
    const pattern = 1 + swing * Math.cos((2 * Math.PI * (time - busiestAt)) / DAY);
    crowd = staying * crowd + Math.sqrt(1 - staying ** 2) * random.normal();
    // A log-normal factor, whose mean is 1.
    const chance = Math.exp(noise * crowd - noise ** 2 / 2);
    return random.poisson(mean * step * pattern * level(time) * chance);
  });
  return { name, step, requests };
}
