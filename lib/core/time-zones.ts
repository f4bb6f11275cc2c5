import { must, pattern } from './schema';

const rule = must('be a time zone like Asia/Shanghai');

/** Checks the name of a time zone, as Kubernetes and Python know them. */
export const timeZoneSchema = pattern<string>(/./, rule, isTimeZone);

/**
 * Whether the time zone is in the tz database that comes with Node, as it comes with Kubernetes. Node also takes other
 * spellings (`asia/shanghai`, and offsets from version 22 on), Kubernetes does not.
 */
function isTimeZone(name: string): boolean {
  try {
    const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions();
    // An alias resolves to another name, so that only its first letter tells.
    return timeZone === name || (timeZone.toLowerCase() !== name.toLowerCase() && /^[A-Z]/.test(name));
  } catch {
    return false;
  }
}

const MINUTE = 60_000;

/** What the clocks of a zone show at an instant, `'2026-11-10T20:00:30'`: as text, such times are in their order. */
export function wallClock(instant: number, timeZone: string): string {
  return new Date(instant + offsetAt(instant, timeZone)).toISOString().slice(0, 19);
}

/**
 * The instants at which the clocks of a zone show a time, `'2026-11-10T20:00'`: one, but none in the hour that a change
 * to summer time skips, and two in the hour that the change back repeats.
 */
export function instantsOf(local: string, timeZone: string): number[] {
  const asUtc = Date.parse(`${local}Z`);
  // No zone is more than a day away, and none changes twice within two.
  const offsets = [asUtc - 24 * 60 * MINUTE, asUtc + 24 * 60 * MINUTE].map((near) => offsetAt(near, timeZone));
  return [...new Set(offsets)]
    .map((offset) => asUtc - offset)
    .filter((instant) => instant + offsetAt(instant, timeZone) === asUtc)
    .sort((a, b) => a - b);
}

/** How far the clocks of a zone are ahead of UTC, in milliseconds. */
function offsetAt(instant: number, timeZone: string): number {
  const part = formatOf(timeZone).formatToParts(instant);
  const of = (type: Intl.DateTimeFormatPartTypes) => Number(part.find((other) => other.type === type)?.value);
  const shown = Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'));
  return shown - Math.floor(instant / 1000) * 1000;
}

/** Making one takes longer than all that is done with it. */
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const two = '2-digit';
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: two,
    day: two,
    hour: two,
    minute: two,
    second: two,
  });
  formats.set(timeZone, format);
  return format;
}
