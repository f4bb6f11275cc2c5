import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { Trace } from '../../capacity/traces/trace';
import { tellingFileTrouble } from '../../core/file-trouble';
import { InvalidInput, type Problem } from '../../core/problem';
import { readTrace, scale } from './simulation';

/** A trace as it is replayed, and what had to be mended in its file. */
export interface PlannedTrace {
  readonly trace: Trace;
  readonly repairs: readonly string[];
}

/** How traces are changed before they are replayed. */
export interface TraceOptions {
  /** What the requests are multiplied by. */
  readonly scale: number;
  /** When they start, in seconds since 1970, where their files don't tell. */
  readonly startsAt?: number;
}

/**
 * Reads the files of traces.
 *
 * @throws InvalidInput with what is wrong with each of them
 */
export function readTraces(files: readonly string[], options: TraceOptions): PlannedTrace[] {
  const problems: Problem[] = [];
  const names = namesOf(files);
  const traces = files.flatMap((file, i): PlannedTrace[] => {
    try {
      const read = () => readFileSync(file);
      const content = tellingFileTrouble(file, 'be a trace that can be read', 'mend that or name another', read);
      return [prepared(readTrace(content, { name: names[i] ?? file }), options)];
    } catch (error) {
      problems.push(...problemsOf(error, file));
      return [];
    }
  });
  if (problems.length > 0) throw new InvalidInput(problems);
  return traces;
}

/** Files are called by their names, and by their paths where two share one. */
function namesOf(files: readonly string[]): string[] {
  const names = files.map((file) => basename(file));
  return new Set(names).size === names.length ? names : [...files];
}

function prepared({ trace, repairs }: PlannedTrace, options: TraceOptions): PlannedTrace {
  const startsAt = trace.startsAt ?? options.startsAt;
  const dated = startsAt === undefined ? trace : { ...trace, startsAt };
  return { trace: options.scale === 1 ? dated : scale(dated, options.scale), repairs };
}

/** A reader knows no files: what it says of a content is said of the file. */
function problemsOf(error: unknown, file: string): readonly Problem[] {
  if (InvalidInput.is(error)) return error.problems;
  if (error instanceof Error) return [{ where: file, text: error.message }];
  throw error;
}
