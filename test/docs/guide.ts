import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/*
 * docs/serving.md, read as blocks. The word after the language of a block says what the block is:
 *
 * - `file=`: a file. The program is there twice: as it begins, and whole, at the end.
 * - `part`: lines of the whole program or of its environment, in their order; they compile by themselves beside it.
 * - `also`: lines that are added to the whole program; a `text` after it is what they print.
 * - `refused`: the same, and the `text` after it is why they are refused; they compile unless they say that they don't.
 * - `of=Kind/name`: a part of what the program last shown writes, after `also` with what was added there; with a file's
 *   name behind it, a part of a ConfigMap's JSON.
 * - `console`: what a command prints in the whole program, but for the lines that `…` stands for.
 */

export const ROOT = join(__dirname, '..', '..');
export const ENVIRONMENT = 'stacks/environments/production.yaml';
export const PROGRAM = 'stacks/main.ts';
const BLOCK = /^```(?<language>\w+)(?: (?<mark>[^\n=]+)(?:=(?<of>\S+))?)?\n(?<text>.*?)^```$/gms;

export interface Block {
  readonly language: string;
  readonly mark: string;
  readonly of: string;
  readonly text: string;
  /** The first words of the block, by which a failing test names it. */
  readonly title: string;
}

export const guide = readFileSync(join(ROOT, 'docs/serving.md'), 'utf8');
export const blocks: readonly Block[] = [...guide.matchAll(BLOCK)].map(({ index, groups = {} }) => {
  const { language = '', mark = '', of = '', text = '' } = groups;
  const line = guide.slice(0, index).split('\n').length;
  return { language, mark, of, text, title: `line ${line}, ${[language, mark, of].filter(Boolean).join(' ')}` };
});

const files = (path: string) => blocks.filter(({ mark, of }) => mark === 'file' && of === path).map(({ text }) => text);
export const [first = '', whole = '', ...moreWhole] = files(PROGRAM);
export const [firstEnvironment = '', wholeEnvironment = ''] = files(ENVIRONMENT);

/** A program with lines at the end of what it composes, and with the library of this repository. */
export function withLines(program: string, lines: string): string {
  const end = program.lastIndexOf('  },\n});');
  const names = [...lines.matchAll(/\b(\w+)\b/g)].map(([name]) => name);
  // What the guide uses beside the whole program's imports.
  const missing = ['GpuRequest', 'ModelArtifact', 'rayServe'].filter((name) => names.includes(name));
  const imports = missing.length > 0 ? `import { ${missing.join(', ')} } from 'recstack';\n` : '';
  const code = `${imports}${program.slice(0, end)}{\n${lines}}\n${program.slice(end)}`;
  return code.replaceAll("'recstack'", `'${join(ROOT, 'lib')}'`);
}

/** A single prop, such as `slo: …,`, as the object that it belongs to. */
export function asStatements(code: string): string {
  return /^\w+: .*,\n$/.test(code) ? `({ ${code.trim()} });\n` : code;
}

/** Lines without their indentation, which differs by where they stand. */
export function trimmed(text: string): string[] {
  return text
    .trim()
    .split('\n')
    .map((line) => line.trim());
}

/** Whether all of a part is in a whole: keys of objects, and items of lists in their order. */
export function holds(all: unknown, part: unknown): boolean {
  if (Array.isArray(part)) {
    let rest: readonly unknown[] = Array.isArray(all) ? all : [];
    return part.every((item) => {
      const i = rest.findIndex((candidate) => holds(candidate, item));
      rest = rest.slice(i + 1);
      return i >= 0;
    });
  }
  if (typeof part !== 'object' || part === null) return all === part;
  return Object.entries(part).every(([key, value]) => holds(Reflect.get(Object(all), key), value));
}

/** The chunks of lines, between those with `…`, that are not in an output, in their order. */
export function missingIn(output: string, shown: string): string[] {
  let rest = output;
  return shown
    .split(/^…$/m)
    .map((chunk) => chunk.trim())
    .filter((chunk) => {
      const i = rest.indexOf(chunk);
      if (i >= 0) rest = rest.slice(i + chunk.length);
      return i < 0;
    });
}
