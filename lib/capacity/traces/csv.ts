import Papa from 'papaparse';
import { show } from '../../core/problem';
import { type Clock, clockOf, isTime, unitIn } from './clock';
import { type Columns, columnsOf, plainName, unnamedColumns } from './columns';
import type { TraceOptions } from './options';
import { Complaints, refuse, type Samples } from './samples';
import { counted } from './telling';
import { cellReader } from './values';

/** As much as is parsed at once: rows of strings take far more memory than the numbers that are kept. */
const CHUNK = 2 ** 20;

/** Reads a table: names of columns or none; comma, semicolon or tab; quotes or none. */
export function samplesOfCsv(text: string, name: string, options: TraceOptions): Samples {
  // Excel is told the delimiter in a line of its own, by Grafana among others.
  const [declaration = '', told] = /^sep=(.)\r?\n/.exec(text) ?? [];
  const delimiter = told ?? delimiterOf(text);
  const table = new Table(name, delimiter, options);
  let line = declaration === '' ? 1 : 2;
  Papa.parse<string[]>(text.slice(declaration.length), {
    delimiter,
    chunkSize: CHUNK,
    // Its types want to be told of the end; it is reached before parse returns.
    complete: () => undefined,
    chunk: ({ data, errors }: Papa.ParseResult<string[]>) => {
      const unclosed = errors.find(({ type }) => type === 'Quotes');
      if (unclosed !== undefined) {
        refuse(`${name}:${line + (unclosed.row ?? 0)}`, `must close its quotes: ${unclosed.message}`);
      }
      for (const row of data) {
        table.add(row, line);
        line += 1 + row.reduce((breaks, cell) => breaks + (cell.includes('\n') ? cell.split('\n').length - 1 : 0), 0);
      }
    },
  });
  return table.samples();
}

/** A table as far as it is read. */
class Table {
  private readonly times: number[] = [];
  private readonly values: number[] = [];
  private readonly lines: number[] = [];
  private readonly complaints = new Complaints();
  private readonly cells: ReturnType<typeof cellReader>;
  private columns: Columns | undefined;
  private clock: Clock | undefined;
  private names: readonly string[] = [];

  constructor(
    private readonly name: string,
    delimiter: string,
    private readonly options: TraceOptions,
  ) {
    this.cells = cellReader(delimiter);
  }

  add(row: readonly string[], line: number): void {
    if (isBlank(row)) return;
    if (this.columns === undefined) {
      const where = `${this.name}:${line}`;
      const hasNames = !row.some((cell) => isTime(cell.trim()));
      this.names = hasNames ? row : [];
      const chosen = this.options.columns;
      this.columns = hasNames ? columnsOf(row, where, chosen) : unnamedColumns(row.length, where, chosen);
      if (hasNames) return;
    }
    const seconds = this.timeIn(row, line, this.columns);
    const value = typeof seconds === 'string' ? Number.NaN : this.valueIn(row, this.columns);
    if (typeof seconds === 'string') this.complaints.add(`${this.name}:${line}`, seconds);
    else if (typeof value === 'string') this.complaints.add(`${this.name}:${line}`, value);
    else {
      this.times.push(seconds);
      this.values.push(value);
      this.lines.push(line);
    }
  }

  /** The seconds of a row, or what is wrong with it. */
  private timeIn(row: readonly string[], line: number, { time, timeName }: Columns): number | string {
    const cell = (row[time] ?? '').trim();
    this.clock ??= clockOf(cell, timeName, unitIn(plainName(this.names[time] ?? '')));
    if (this.clock === undefined) {
      const allowed = "seconds, or a count since 1970, or a time like '2026-11-10T20:00:00Z'";
      return refuse(`${this.name}:${line}`, `${timeName} must be ${allowed}, got ${show(cell)}`);
    }
    const seconds = this.clock.read(cell);
    return Number.isNaN(seconds) ? `${timeName} must ${this.clock.rule}, got ${show(cell)}` : seconds;
  }

  /** What the columns of a row add up to, NaN where none has a value; or what is wrong with it. */
  private valueIn(row: readonly string[], { values, valueName }: Columns): number | string {
    let sum = Number.NaN;
    for (const i of values) {
      const cell = row[i];
      if (cell === undefined) {
        return `must have a value in ${valueName}, got only ${counted(row.length, 'value')}: is the file cut off?`;
      }
      const value = this.cells.read(cell.trim());
      if (typeof value === 'string') return `${valueName} ${value}`;
      if (!Number.isNaN(value)) sum = (Number.isNaN(sum) ? 0 : sum) + value;
    }
    return sum;
  }

  samples(): Samples {
    const { name, times, values, lines, columns, clock } = this;
    this.complaints.throwIfAny(name);
    if (columns === undefined) refuse(name, 'must have a column of times and one of requests, but is empty');
    if (clock === undefined) refuse(name, 'must have rows of times and requests, got only the names of the columns');
    const { areRates, factor, repair } = this.meaning(columns);
    return {
      name,
      times,
      values: factor === 1 ? values : values.map((value) => value * factor),
      sinceEpoch: clock.sinceEpoch,
      hasUnit: clock.hasUnit,
      areRates,
      looksBack: false,
      where: (index) => `${name}:${lines[index]}`,
      repairs: [clock.repair, repair, this.cells.repair()].filter((text) => text !== undefined),
    };
  }

  /** What the values are: as the user says, or the cells, or the name, or whether all are whole. */
  private meaning({ meaning, valueName }: Columns): { areRates: boolean; factor: number; repair?: string } {
    const { values } = this.options;
    if (values !== undefined) return { areRates: values === 'rates', factor: 1 };
    if (this.cells.sawRates()) return { areRates: true, factor: 1 };
    if (meaning !== undefined) return meaning;
    const areRates = this.values.some((value) => !Number.isNaN(value) && !Number.isInteger(value));
    const taken = areRates
      ? "requests per second, as not all are whole: say values: 'counts' if they are no rates"
      : "requests, as all are whole: say values: 'rates' if they are requests per second";
    return { areRates, factor: 1, repair: `the values of ${valueName} were taken for ${taken}` };
  }
}

/**
 * What is between the columns. papaparse would guess it by how alike the rows are, which takes `5,5` for two values where
 * the comma is that of a decimal; there, semicolons or tabs are between them.
 */
function delimiterOf(text: string): string {
  const line = /^[^#\r\n].*/m.exec(text)?.[0] ?? '';
  const unquoted = line.replace(/"[^"]*"/g, '');
  return ['\t', ';'].find((delimiter) => unquoted.includes(delimiter)) ?? ',';
}

/** Nothing, or a comment. */
function isBlank(row: readonly string[]): boolean {
  return row.every((cell) => cell.trim() === '') || (row[0] ?? '').trimStart().startsWith('#');
}
