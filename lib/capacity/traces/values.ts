import { must } from '../../core/schema';

/** What tools write where there is no value. */
const NOTHING = new Set(['', '-', 'nan', 'null', 'none', 'undefined', 'n/a', 'na', 'stale']);
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
/** Of Excel, in countries where the decimal is a comma and a semicolon stands between columns. */
const DECIMAL_COMMA = /^[+-]?\d+,\d+$/;
/** As Grafana formats rates: `1.23 K req/s`, `950 req/s`. */
const FORMATTED = /^(\d+(?:\.\d+)?) ?([KMBT]|Mil|Bil|Tri)?( ?(?:req|reqs|requests|ops|c|r|w|rec|rps|qps|counts)\/s)?$/;
const SHORT: Readonly<Record<string, number>> = { K: 1e3, M: 1e6, Mil: 1e6, B: 1e9, Bil: 1e9, T: 1e12, Tri: 1e12 };

const finite = must('be finite', 'the query divides by 0');
const notNegative = must('be 0 or more', 'requests are counted');
const number = must(
  'be a number',
  "export plain numbers, with '.' before the decimals and without units (in Grafana: 'Formatted data' off)",
);

/** Reads one cell after the other: the number, NaN for none, or what is wrong with it. */
export function readValue(cell: string): number | string {
  if (NUMBER.test(cell)) {
    const value = Number(cell);
    if (!Number.isFinite(value)) return finite({ input: cell });
    return value < 0 ? notNegative({ input: cell }) : value;
  }
  const word = cell.toLowerCase();
  if (NOTHING.has(word)) return Number.NaN;
  if (/^[+-]?inf(inity)?$/.test(word)) return finite({ input: cell });
  return number({ input: cell });
}

/** Reads the cells of a table, which people may have formatted, and remembers what was odd about them. */
export function cellReader(delimiter: string) {
  let formatted: string | undefined;
  let commas: string | undefined;
  let perSecond = false;
  return {
    read(cell: string): number | string {
      const value = readValue(cell);
      if (typeof value === 'number') return value;
      if (delimiter === ';' && DECIMAL_COMMA.test(cell)) {
        commas ??= cell;
        return readValue(cell.replace(',', '.'));
      }
      const [, digits, short = '', unit] = FORMATTED.exec(cell) ?? [];
      if (digits === undefined) return value;
      formatted ??= cell;
      if (unit !== undefined) perSecond = true;
      return Number(digits) * (SHORT[short] ?? 1);
    },
    /** Whether a cell said that it is per second. */
    sawRates: () => perSecond,
    repair(): string | undefined {
      if (commas !== undefined) return `numbers such as '${commas}' were read with a decimal comma`;
      if (formatted === undefined) return undefined;
      return `numbers such as '${formatted}' were read as they are shown, rounded: export them unformatted for all digits`;
    },
  };
}
