import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { readTrace } from '../../capacity/traces/read-trace';
import { scale } from '../../capacity/traces/scale';
import type { Trace } from '../../capacity/traces/trace';
import { tellingFileTrouble } from '../../core/file-trouble';
import { InvalidInput, type Problem } from '../../core/problem';

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
      return [prepared(readTrace(content, { name: names[i] ?? file, gunzip: gunzipSync }), options)];
    } catch (error) {
      problems.push(...problemsOf(error, names[i] ?? file, file));
      return [];
    }
  });
  if (problems.length > 0) throw new InvalidInput(problems);
  return traces;
}

/** Files are called by their names, and by their paths where two share one; a screen is shown no control characters. */
function namesOf(files: readonly string[]): string[] {
  const names = files.map((file) => basename(file));
  return (new Set(names).size === names.length ? names : files).map((name) =>
    name.replace(/[\p{Cc}\p{Cf}]/gu, '\ufffd'),
  );
}

function prepared({ trace, repairs }: PlannedTrace, options: TraceOptions): PlannedTrace {
  const startsAt = trace.startsAt ?? options.startsAt;
  const dated = startsAt === undefined ? trace : { ...trace, startsAt };
  return { trace: options.scale === 1 ? dated : scale(dated, options.scale), repairs };
}

/** A reader knows the trace's name, and perhaps the line: a person looks for the file. */
function problemsOf(error: unknown, name: string, file: string): Problem[] {
  if (!InvalidInput.is(error)) throw error;
  return error.problems.map(({ where, text }) => ({
    where: where.startsWith(name) ? `${file}${where.slice(name.length)}` : where,
    text,
  }));
}
