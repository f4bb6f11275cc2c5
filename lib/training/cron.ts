const MONTHS = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');
const WEEKDAYS = 'sun mon tue wed thu fri sat'.split(' ');

/** Cron's five fields as Kubernetes reads them: other crons also know Sunday as 7, it doesn't. */
const FIELDS = [
  { min: 0, max: 59, names: [] },
  { min: 0, max: 23, names: [] },
  { min: 1, max: 31, names: [] },
  { min: 1, max: 12, names: MONTHS },
  { min: 0, max: 6, names: WEEKDAYS },
] as const satisfies readonly Field[];

interface Field {
  readonly min: number;
  readonly max: number;
  /** Words for the values, from `min` on. */
  readonly names: readonly string[];
}

/**
 * Whether the values of a schedule are such as a CronJob may have; that it has five fields is known.
 *
 * @see https://github.com/robfig/cron/blob/v3.0.1/parser.go
 */
export function hasCronValues(schedule: string): boolean {
  const fields = schedule.split(/\s+/);
  return FIELDS.every((field, i) => (fields[i] ?? '').split(',').every((part) => isPart(part, field)));
}

/** `*`, `5`, `1-5` or `mon-fri`, with a step (`/2`) or without. */
function isPart(part: string, field: Field): boolean {
  const [range = '', step] = part.split('/');
  if (step !== undefined && Number(step) === 0) return false;
  if (range === '*') return true;
  const [first = Number.NaN, last = first] = range.split('-').map((text) => numberOf(text, field));
  return field.min <= first && first <= last && last <= field.max;
}

/** NaN where it is neither a number nor a name, which no comparison holds for. */
function numberOf(text: string, { min, names }: Field): number {
  const index = names.indexOf(text.toLowerCase());
  if (index >= 0) return min + index;
  return /^\d+$/.test(text) ? Number(text) : Number.NaN;
}

const DAY = 86_400;

/** Days in which every date comes with every weekday at least once, leap years included. */
const CYCLE = 28 * 366;

/**
 * The longest time between two runs of a schedule, in seconds, as the wall clock shows it; undefined where it never runs.
 * Of `0 2 * * mon-fri` that is the three days over a weekend.
 *
 * Where both days of the month and weekdays are given, either is enough, as cron has it.
 */
export function longestPause(schedule: string): number | undefined {
  const fields = schedule.split(/\s+/);
  const [minutes, hours, dates, months, weekdays] = FIELDS.map((field, i) => valuesOf(fields[i] ?? '', field));
  const isAny = (i: number) => fields[i]?.split(',').some((part) => part === '*' || part === '*/1') === true;
  const times: number[] = [];
  for (const hour of hours ?? []) for (const minute of minutes ?? []) times.push(3600 * hour + 60 * minute);
  const [first, last] = [times[0], times.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const within = times.slice(1).map((time, i) => time - (times[i] ?? time));
  let longest = Math.max(0, ...within);
  let before: number | undefined;
  for (let day = 0; day < CYCLE; day++) {
    const date = new Date(day * DAY * 1000);
    const byDate = dates?.includes(date.getUTCDate()) === true;
    const byWeekday = weekdays?.includes(date.getUTCDay()) === true;
    const isDay = isAny(2) || isAny(4) ? byDate && byWeekday : byDate || byWeekday;
    if (!isDay || months?.includes(date.getUTCMonth() + 1) !== true) continue;
    if (before !== undefined) longest = Math.max(longest, (day - before) * DAY + first - last);
    before = day;
  }
  return before === undefined ? undefined : longest;
}

/** The values that a field stands for, in order. */
function valuesOf(text: string, field: Field): number[] {
  const found = text.split(',').flatMap((part) => {
    const [range = '', step = '1'] = part.split('/');
    const isOpen = range === '*' || (part.includes('/') && !range.includes('-'));
    const [from = field.min, to] = range === '*' ? [] : range.split('-').map((end) => numberOf(end, field));
    const last = to ?? (isOpen ? field.max : from);
    return Array.from({ length: Math.floor((last - from) / Number(step)) + 1 }, (_, i) => from + i * Number(step));
  });
  return [...new Set(found)].sort((a, b) => a - b);
}
