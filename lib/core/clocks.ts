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

/** Times that the clocks of a zone skip one night, or show twice. */
export interface ClockChange {
  /** The instant of the change. */
  readonly at: number;
  /** The first of these times: `'2027-03-14T02:00'`. */
  readonly from: string;
  /** How many minutes of them there are. */
  readonly minutes: number;
  readonly kind: 'skipped' | 'repeated';
}

const WEEK = 7 * 24 * 60 * MINUTE;

/** The changes of a zone's clocks between two instants, in their order: two a year with summer time, else none. */
export function clockChanges(timeZone: string, from: number, until: number): ClockChange[] {
  const changes: ClockChange[] = [];
  // No zone changes twice within a week.
  for (let start = Math.floor(from / MINUTE) * MINUTE; start < until; start += WEEK) {
    const before = offsetAt(start, timeZone);
    const after = offsetAt(start + WEEK, timeZone);
    if (before === after) continue;
    let [same, changed] = [start, start + WEEK];
    while (changed - same > MINUTE) {
      const middle = same + Math.floor((changed - same) / 2 / MINUTE) * MINUTE;
      if (offsetAt(middle, timeZone) === before) same = middle;
      else changed = middle;
    }
    changes.push({
      at: changed,
      from: new Date(changed + Math.min(before, after)).toISOString().slice(0, 16),
      minutes: Math.abs(after - before) / MINUTE,
      kind: after > before ? 'skipped' : 'repeated',
    });
  }
  return changes.filter(({ at }) => at < until);
}
