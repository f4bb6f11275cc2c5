import { Complaints, refuse, type Samples } from './samples';
import { counted } from './telling';

/** Samples in the order of time, each time once. */
export interface Rows {
  readonly times: readonly number[];
  readonly values: readonly number[];
  where(index: number): string;
  /** What was made good so far. */
  readonly repairs: string[];
}

/** Sorts samples, and takes out those that are there twice. */
export function rows(samples: Samples): Rows {
  const { name, times, values } = samples;
  const repairs = [...samples.repairs];
  const order = inOrder(samples, repairs);
  const complaints = new Complaints();
  const kept: number[] = [];
  let repeated = 0;
  for (const i of order) {
    const last = kept[kept.length - 1];
    if (last === undefined || times[last] !== times[i]) {
      kept.push(i);
      continue;
    }
    if (Object.is(values[last], values[i])) repeated++;
    else {
      const hint = 'add up the rows of a time before; where clocks were set back, export in UTC';
      const text = `must have a time of its own, got that of ${samples.where(last)} with another value: ${hint}`;
      complaints.add(samples.where(i), text);
    }
  }
  complaints.throwIfAny(name);
  if (repeated > 0) repairs.push(`${counted(repeated, 'row was', 'rows were')} there twice, and ignored`);
  if (kept.length < 2)
    refuse(name, `must have at least 2 rows, as one doesn't tell how long a step is, got ${kept.length}`);
  return {
    times: kept.map((i) => times[i] ?? Number.NaN),
    values: kept.map((i) => values[i] ?? Number.NaN),
    where: (index) => samples.where(kept[index] ?? 0),
    repairs,
  };
}

/** The samples' places in the order of time; those of one time stay as they are. */
function inOrder({ times, where }: Samples, repairs: string[]): number[] {
  const order = [...times.keys()];
  const backwards = order.filter((i) => (times[i] ?? 0) < (times[i - 1] ?? Number.NEGATIVE_INFINITY));
  const [first] = backwards;
  if (first === undefined) return order;
  const told = `${counted(backwards.length, 'row')} stood after later ones, the first at ${where(first)}, and were sorted`;
  repairs.push(backwards.length === times.length - 1 ? 'its rows stood newest first, and were turned round' : told);
  return order.sort((a, b) => (times[a] ?? 0) - (times[b] ?? 0));
}
