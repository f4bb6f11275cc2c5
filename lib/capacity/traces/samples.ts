import { InvalidInput, type Problem } from '../../core/problem';

/** What a source has, before it is made a trace: values at times, in the order of the source. */
export interface Samples {
  /** What people call the source. */
  readonly name: string;
  /** Seconds, since 1970 where `sinceEpoch`, else since any instant. */
  readonly times: readonly number[];
  /** Finite and not negative; NaN where the source has none. */
  readonly values: readonly number[];
  readonly sinceEpoch: boolean;
  /** Whether the unit of the times is known, and not just taken for granted. */
  readonly hasUnit: boolean;
  /** Whether values are requests per second, and not requests. */
  readonly areRates: boolean;
  /** Whether a value is that of the step that ends at its time, and not of the one that begins there. */
  readonly looksBack: boolean;
  /** Where a sample stands, for errors: `traffic.csv:12`. */
  where(index: number): string;
  /** What was made good, or taken for granted, so far. */
  readonly repairs: readonly string[];
}

/** The most lines that are complained of: a file that is wrong throughout need not be told line by line. */
const MOST = 5;

/** Collects what is wrong with a file. */
export class Complaints {
  private readonly problems: Problem[] = [];
  private more = 0;

  add(where: string, text: string): void {
    if (this.problems.length < MOST) this.problems.push({ where, text });
    else this.more++;
  }

  /** @throws InvalidInput with all that is wrong, if anything is */
  throwIfAny(name: string): void {
    if (this.problems.length === 0) return;
    const others = { where: name, text: `has ${this.more} more such ${this.more === 1 ? 'problem' : 'problems'}` };
    throw new InvalidInput(this.more === 0 ? this.problems : [...this.problems, others]);
  }
}

/** Refuses a whole file. */
export function refuse(where: string, text: string): never {
  throw new InvalidInput([{ where, text }]);
}

/** What an error says, on one line; also one of another realm. */
export function reasonOf(error: unknown): string {
  return String(Reflect.get(Object(error), 'message') ?? error).replace(/\s+/g, ' ');
}
