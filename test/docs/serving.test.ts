import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { parse, parseAllDocuments } from 'yaml';
import { run } from '../../lib/cli/run';

/*
 * Does what docs/serving.md says, and compares what it shows with what comes out. The word after the language of a
 * block says what the block is:
 *
 * - `file=`: a file. The program is there twice: as it begins, and whole, at the end.
 * - `part`: lines of the whole program or of its environment, in their order; they compile by themselves beside it.
 * - `also`: lines that are added to the whole program; a `text` after it is what they print.
 * - `refused`: the same, and the `text` after it is why they are refused.
 * - `of=Kind/name`: a part of what the program last shown writes, after `also` with what was added there; with a file's
 *   name behind it, a part of a ConfigMap's JSON.
 * - `console`: what a command prints in the whole program, but for the lines that `…` stands for.
 */

const ROOT = join(__dirname, '..', '..');
const ENVIRONMENT = 'stacks/environments/production.yaml';
const PROGRAM = 'stacks/main.ts';
const BLOCK = /^```(?<language>\w+)(?: (?<mark>[^\n=]+)(?:=(?<of>\S+))?)?\n(?<text>.*?)^```$/gms;

interface Block {
  readonly language: string;
  readonly mark: string;
  readonly of: string;
  readonly text: string;
  /** The first words of the block, by which a failing test names it. */
  readonly title: string;
}

const guide = readFileSync(join(ROOT, 'docs/serving.md'), 'utf8');
const blocks: readonly Block[] = [...guide.matchAll(BLOCK)].map(({ index, groups = {} }) => {
  const { language = '', mark = '', of = '', text = '' } = groups;
  const line = guide.slice(0, index).split('\n').length;
  return { language, mark, of, text, title: `line ${line}, ${[language, mark, of].filter(Boolean).join(' ')}` };
});

const files = (path: string) => blocks.filter(({ mark, of }) => mark === 'file' && of === path).map(({ text }) => text);
const [first = '', whole = '', ...moreWhole] = files(PROGRAM);
const [firstEnvironment = '', wholeEnvironment = ''] = files(ENVIRONMENT);

let folder: string;
let cwd: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'recstack-serving-guide-'));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  cwd = process.cwd();
  process.chdir(folder);
});
afterAll(() => {
  process.chdir(cwd);
  rmSync(folder, { recursive: true, force: true });
});

/** A program with lines at the end of what it composes, and with the library of this repository. */
function withLines(program: string, lines: string): string {
  const end = program.lastIndexOf('  },\n});');
  const names = [...lines.matchAll(/\b(\w+)\b/g)].map(([name]) => name);
  const missing = ['GpuRequest', 'ModelArtifact', 'rayServe'].filter((name) => names.includes(name));
  const imports = missing.length > 0 ? `import { ${missing.join(', ')} } from 'recstack';\n` : '';
  const code = `${imports}${program.slice(0, end)}{\n${lines}}\n${program.slice(end)}`;
  return code.replaceAll("'recstack'", `'${join(ROOT, 'lib')}'`);
}

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** What the program itself prints. */
  readonly printed: string;
  readonly manifests: readonly Record<string, unknown>[];
}

const outcomes = new Map<string, Outcome>();

/** What a command of recstack does with a program and an environment, each in a folder of its own. */
function recstack(command: string, program: string, environment: string): Outcome {
  const key = JSON.stringify([command, program, environment]);
  const known = outcomes.get(key);
  if (known !== undefined) return known;
  const place = join(folder, String(outcomes.size));
  for (const [path, text] of [
    [PROGRAM, program],
    [ENVIRONMENT, environment],
  ] as const) {
    mkdirSync(dirname(join(place, path)), { recursive: true });
    writeFileSync(join(place, path), text);
  }
  const written = { out: '', err: '', printed: '' };
  const log = jest.spyOn(console, 'log').mockImplementation((text) => {
    written.printed += `${text}\n`;
  });
  process.chdir(place);
  const code = run([command], {
    out: (text) => {
      written.out += text;
    },
    err: (text) => {
      written.err += text;
    },
  });
  process.chdir(folder);
  log.mockRestore();
  const wrote = command === 'synth' && code === 0;
  const yaml = wrote ? readFileSync(join(place, 'dist/production/shop.yaml'), 'utf8') : '';
  const outcome = { code, ...written, manifests: parseAllDocuments(yaml).map((document) => document.toJS()) };
  outcomes.set(key, outcome);
  return outcome;
}

/** The program that a block is about: the last one before it that is complete in itself. */
function programOf(block: Block): { program: string; environment: string } {
  const before = blocks.slice(0, blocks.indexOf(block) + 1);
  const last = before.findLast(({ language, mark }) => language === 'ts' && mark !== 'refused');
  if (last?.mark === 'file' && last.text === first) {
    return { program: withLines(first, ''), environment: firstEnvironment };
  }
  return {
    program: withLines(whole, last?.mark === 'also' ? last.text : ''),
    environment: wholeEnvironment,
  };
}

/** Lines without their indentation, which differs by where they stand. */
function trimmed(text: string): string[] {
  return text
    .trim()
    .split('\n')
    .map((line) => line.trim());
}

/** Whether all of a part is in a whole: keys of objects, and items of lists in their order. */
function holds(all: unknown, part: unknown): boolean {
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

const marked = (...marks: string[]) =>
  blocks.filter(({ mark }) => marks.includes(mark)).map((b) => [b.title, b] as const);

test('the program is there as it begins and whole, in less than 60 lines', () => {
  expect(moreWhole).toEqual([]);
  expect(whole.trim().split('\n').length).toBeLessThan(60);
  expect(blocks.map(({ language, mark }) => `${language} ${mark}`.trim())).not.toContain('ts');
});

test('the arrows from the funnel are its network policies, and all of them', () => {
  const arrows = [...guide.matchAll(/^ +home --> (\w+)/gm)].map(([, callee]) => `${callee}-from-home`);
  const { manifests } = recstack('synth', withLines(whole, ''), wholeEnvironment);
  const names = manifests.map(({ metadata }) => String(Reflect.get(Object(metadata), 'name')));
  expect(arrows.sort()).toEqual(names.filter((name) => name.endsWith('-from-home')).sort());
});

test('all of its code compiles', () => {
  const snippets = blocks.filter(({ language, mark }) => language === 'ts' && ['part', 'also'].includes(mark));
  const programs = [withLines(first, ''), ...snippets.map(({ text }) => withLines(whole, asStatements(text)))];
  const paths = programs.map((program, i) => {
    const path = join(folder, `compiled-${i}.ts`);
    writeFileSync(path, program);
    return path;
  });
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: paths }, ts.sys, ROOT);
  const compiler = ts.createProgram(paths, {
    ...options,
    rootDir: '/',
    typeRoots: [join(ROOT, 'node_modules/@types')],
  });
  const complaints = paths.flatMap((path) => {
    const file = compiler.getSourceFile(path);
    return [...compiler.getSyntacticDiagnostics(file), ...compiler.getSemanticDiagnostics(file)];
  });
  expect(complaints.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual([]);
}, 120_000);

/** A single prop, such as `slo: …,`, as the object that it belongs to. */
function asStatements(code: string): string {
  return /^\w+: .*,\n$/.test(code) ? `({ ${code.trim()} });\n` : code;
}

test.each(marked('part'))('%s: its lines are in the whole program, in their order', (_, { language, text }) => {
  if (language === 'yaml') {
    expect(holds(parse(wholeEnvironment), parse(text))).toBe(true);
    return;
  }
  const there = trimmed(whole);
  let next = 0;
  const missing = trimmed(text).filter((line) => {
    const i = there.indexOf(line, next);
    if (i >= 0) next = i + 1;
    return i < 0;
  });
  expect(missing).toEqual([]);
});

test.each(marked('file', 'also').filter(([, { language }]) => language === 'ts'))('%s: synth writes it', (_, block) => {
  const { program, environment } = programOf(block);
  const { code, err, printed } = recstack('synth', program, environment);
  expect({ code, err: err.replace(/^warning .*\n/gm, '') }).toEqual({ code: 0, err: '' });
  const next = blocks[blocks.indexOf(block) + 1];
  expect(printed).toBe(block.mark === 'also' && next?.language === 'text' ? next.text : '');
});

test.each(marked('refused'))('%s: it is refused, as the text after it says', (_, block) => {
  const { code, err } = recstack('synth', withLines(whole, block.text), wholeEnvironment);
  const shown = blocks[blocks.indexOf(block) + 1];
  expect({ code, err, language: shown?.language }).toEqual({
    code: 1,
    err: `${shown?.text}1 problem; nothing was written\n`,
    language: 'text',
  });
});

test.each(marked('of'))('%s: it is a part of what comes out', (_, block) => {
  const { program, environment } = programOf(block);
  const [kind, name, file] = block.of.split('/');
  const { manifests } = recstack('synth', program, environment);
  const object = manifests.find((m) => m.kind === kind && Reflect.get(Object(m.metadata), 'name') === name);
  const all = file === undefined ? object : JSON.parse(Reflect.get(Object(object?.data), file) ?? 'null');
  const part = parse(block.text);
  expect(holds(all, part) ? part : all).toEqual(part);
});

test.each(blocks.filter(({ language }) => language === 'console').map((b) => [b.title, b] as const))(
  '%s: the command prints it, but for the dots',
  (_, block) => {
    const [prompt = '', ...lines] = block.text.trimEnd().split('\n');
    const command = /^\$ npx recstack (\w+)$/.exec(prompt)?.[1] ?? '';
    const { out } = recstack(command, withLines(whole, ''), wholeEnvironment);
    const chunks = lines
      .join('\n')
      .split(/^…$/m)
      .map((chunk) => chunk.trim())
      .filter(Boolean);
    let rest = out;
    for (const chunk of chunks) {
      const i = rest.indexOf(chunk);
      expect(i < 0 ? rest : chunk).toBe(chunk);
      rest = rest.slice(i + chunk.length);
    }
  },
);
