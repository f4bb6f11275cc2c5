import { refuse } from './samples';
import { counted, lengthOf, span } from './telling';

/** Seconds of the longest gap that is filled in unasked: within an hour, traffic is somewhere between. */
const LONGEST = 3600;
/** The greatest share of steps that is filled in unasked. */
const MOST = 0.05;

interface Around {
  readonly name: string;
  readonly step: number;
  /** The time of the first step. */
  readonly start: number;
  readonly sinceEpoch: boolean;
  readonly gaps: 'between' | 'none' | undefined;
  /** What is missing. */
  readonly lack: 'row' | 'value';
}

interface Filled {
  /** How many steps without a value were left out at the start. */
  readonly first: number;
  readonly requests: Float64Array;
  readonly repairs: readonly string[];
}

/** From one step to another, both in it. */
interface Gap {
  readonly from: number;
  readonly to: number;
}

/** Fills in the steps that have no value, which are NaN. */
export function filled(slots: Float64Array, around: Around): Filled {
  const { name, step, start, sinceEpoch, gaps, lack } = around;
  const first = slots.findIndex((value) => !Number.isNaN(value));
  if (first < 0) refuse(name, `must have values, got none in ${counted(slots.length, 'row')}`);
  const end = slots.findLastIndex((value) => !Number.isNaN(value)) + 1;
  const repairs: string[] = [];
  if (first > 0) repairs.push(`${lengthOf(first * step)} without a value at its start were left out`);
  const after = slots.length - end;
  if (after > 0) repairs.push(`${lengthOf(after * step)} without a value at its end were left out`);
  const requests = slots.slice(first, end);
  const found = gapsIn(requests);
  const [longest] = [...found].sort((a, b) => b.to - b.from - (a.to - a.from));
  if (longest === undefined) return { first, requests, repairs };
  const missing = found.reduce((sum, { from, to }) => sum + to - from + 1, 0);
  const origin = sinceEpoch ? start + first * step : 0;
  const place = span(origin + longest.from * step, origin + longest.to * step, sinceEpoch);
  const where = found.length === 1 ? place : `in ${found.length} places, the longest ${place}`;
  const isLong = (longest.to - longest.from + 1) * step > LONGEST;
  if (gaps === undefined && (isLong || missing > MOST * requests.length)) {
    const limit = 'must have a value for each step, up to an hour and a twentieth of them excepted';
    const hint =
      "say gaps: 'none' if nothing means no request, or 'between' to fill in what is between their neighbours";
    refuse(name, `${limit}, got none for ${lengthOf(missing * step)}, ${where}: ${hint}`);
  }
  for (const gap of found) fill(requests, gap, gaps ?? 'between');
  const done = gaps === 'none' ? 'were taken for ones without a request' : 'were filled in between their neighbours';
  repairs.push(`${lengthOf(missing * step)} without a ${lack}, ${where}, ${done}`);
  return { first, requests, repairs };
}

function gapsIn(requests: Float64Array): Gap[] {
  const gaps: Gap[] = [];
  for (let i = 0; i < requests.length; i++) {
    if (!Number.isNaN(requests[i])) continue;
    const from = i;
    while (Number.isNaN(requests[i + 1])) i++;
    gaps.push({ from, to: i });
  }
  return gaps;
}

function fill(requests: Float64Array, { from, to }: Gap, gaps: 'between' | 'none'): void {
  const before = requests[from - 1] ?? 0;
  const after = requests[to + 1] ?? 0;
  for (let i = from; i <= to; i++) {
    requests[i] = gaps === 'none' ? 0 : before + ((after - before) * (i - from + 1)) / (to - from + 2);
  }
}
