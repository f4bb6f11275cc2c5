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

/** The values that a field of a schedule allows. */
export interface CronField {
  readonly values: ReadonlySet<number>;
  /** Whether it says nothing at all, which makes a difference for days. */
  readonly isStar: boolean;
}

/**
 * The five fields of a schedule that {@link hasCronValues}: minute, hour, day of the month, month, day of the week.
 *
 * @see https://github.com/robfig/cron/blob/v3.0.1/parser.go
 */
export function cronFields(schedule: string): CronField[] {
  const fields = schedule.split(/\s+/);
  return FIELDS.map((field, i) => {
    const parts = (fields[i] ?? '').split(',');
    return {
      values: new Set(parts.flatMap((part) => valuesOf(part, field))),
      isStar: parts.some((part) => /^\*(\/0*1)?$/.test(part)),
    };
  });
}

function valuesOf(part: string, field: Field): number[] {
  const [range = '', step] = part.split('/');
  const [first, last] = range === '*' ? [field.min, field.max] : range.split('-').map((text) => numberOf(text, field));
  if (first === undefined) return [];
  // With a step, one number is where it begins.
  const end = last ?? (step === undefined ? first : field.max);
  const every = Number(step ?? 1);
  return Array.from({ length: Math.floor((end - first) / every) + 1 }, (_, i) => first + i * every);
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
