import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { type Document, isMap, isPair, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import type { z } from 'zod';
import { tellingFileTrouble } from '../core/file-trouble';
import { InvalidInput, type Problem, show } from '../core/problem';
import { didYouMean, parse } from '../core/schema';
import { pitfalls } from './yaml-pitfalls';

/**
 * Reads and checks an environment file. Its name without the ending is the environment's name.
 *
 * @throws InvalidInput with everything that is wrong with it, each with file and line
 */
export function readEnvironment<S extends z.ZodType>(schema: S, file: string): { name: string; data: z.output<S> } {
  const name = basename(file, '.yaml');
  if (!existsSync(file)) {
    const there = environmentsIn(dirname(file));
    const choice = there.length > 0 ? `there are ${there.join(', ')}${didYouMean(name, there)}` : 'the folder has none';
    throw new InvalidInput([{ where: file, text: `must be an environment file, but does not exist; ${choice}` }]);
  }
  return { name, data: readYaml(schema, file) };
}

/** The names of the environments in a folder. */
export function environmentsIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return tellingFileTrouble(folder, 'be a folder that can be read', 'mend that', () => readdirSync(folder))
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => basename(file, '.yaml'))
    .sort();
}

/** Reads a YAML file and checks it against a schema; `whenMissing` also stands in for a file that says nothing. */
export function readYaml<S extends z.ZodType>(
  schema: S,
  file: string,
  { whenMissing }: { whenMissing?: z.output<S> } = {},
): z.output<S> {
  if (whenMissing !== undefined && !existsSync(file)) return whenMissing;
  const lines = new LineCounter();
  const source = readText(file);
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false, merge: true });
  const place = (offset: number): string => `${file}:${lines.linePos(offset).line}`;
  // A tag that nothing knows is just a warning of the parser, and its value would be taken as if it had none.
  const unread = [...document.errors, ...document.warnings];
  if (unread.length > 0) {
    throw new InvalidInput(
      unread.map(({ code, pos, message }) => {
        const key =
          code === 'DUPLICATE_KEY' ? `, but ${show(/^[^\s:]*/.exec(source.slice(pos[0]))?.[0])} comes twice` : '';
        return { where: place(pos[0]), text: `must be YAML: ${message}${key}` };
      }),
    );
  }
  if (document.contents === null) {
    if (whenMissing !== undefined) return whenMissing;
    throw new InvalidInput([{ where: file, text: 'must hold settings, but is empty' }]);
  }
  const traps = pitfalls(document);
  if (traps.length > 0) throw new InvalidInput(traps.map(({ offset, text }) => ({ where: place(offset), text })));
  try {
    return parse(schema, toData(document, file), (path) => place(offsetOf(document, path)));
  } catch (error) {
    throw InvalidInput.is(error) ? new InvalidInput([...error.problems].sort(byLine)) : error;
  }
}

/** Problems of one file, from the top to the bottom: zod gives those of nested maps in an order of its own. */
function byLine(a: Problem, b: Problem): number {
  const line = ({ where }: Problem): number => Number(where.slice(where.lastIndexOf(':') + 1));
  return line(a) - line(b);
}

function readText(file: string): string {
  const bytes = tellingFileTrouble(file, 'be a file that can be read', 'mend that', () => readFileSync(file));
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (!text.includes('\0')) return text;
  } catch {
    // Falls through to the one error that both cases deserve.
  }
  throw new InvalidInput([{ where: file, text: 'must be a YAML text in UTF-8, but holds other bytes' }]);
}

function toData(document: Document, file: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    const [message] = String(error instanceof Error ? error.message : error).split('\n');
    throw new InvalidInput([{ where: file, text: `must be YAML without endless aliases: ${message}` }]);
  }
}

/** Where a value stands in the file; for a value that is missing, the map that should have it. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  let node: unknown = document.contents;
  let offset = start(node);
  for (const key of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isPair(item) && String(item.key) === String(key));
      if (pair === undefined) break;
      offset = start(pair.key) ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(key)];
      offset = start(node) ?? offset;
    } else break;
  }
  return offset ?? 0;
}

function start(node: unknown): number | undefined {
  return (node as Node | undefined)?.range?.[0];
}
