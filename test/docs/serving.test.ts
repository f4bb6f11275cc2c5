import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { run } from '../../lib/cli/run';
import { complaintsAbout } from './compiler';
import {
  asStatements,
  type Block,
  blocks,
  ENVIRONMENT,
  first,
  firstEnvironment,
  guide,
  holds,
  missingIn,
  moreWhole,
  PROGRAM,
  ROOT,
  trimmed,
  whole,
  wholeEnvironment,
  withLines,
} from './guide';

/* Does what docs/serving.md says, and compares what it shows with what comes out. */

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

const marked = (...marks: string[]) =>
  blocks.filter(({ mark }) => marks.includes(mark)).map((b) => [b.title, b] as const);

test('the program is there as it begins and whole, in at most 80 lines', () => {
  expect(moreWhole).toEqual([]);
  expect(whole.trim().split('\n').length).toBeLessThanOrEqual(80);
});

test('each block is of a kind that is tested, and no text stands alone', () => {
  const kinds = new Set(blocks.map(({ language, mark }) => `${language} ${mark}`.trim()));
  const tested = ['ts file', 'ts part', 'ts also', 'ts refused', 'yaml file', 'yaml part', 'yaml of', 'json of'];
  expect([...kinds].filter((kind) => !tested.includes(kind)).sort()).toEqual(['console', 'mermaid', 'text']);
  const before = blocks.flatMap(({ language }, i) => (language === 'text' ? [blocks[i - 1]?.mark] : []));
  expect(before.filter((mark) => mark !== 'also' && mark !== 'refused')).toEqual([]);
  expect(guide.match(/^```\w/gm)).toHaveLength(blocks.length);
});

test('the arrows from the funnel are its network policies, and all of them', () => {
  const arrows = [...guide.matchAll(/^ +home --> (\w+)/gm)].map(([, callee]) => `${callee}-from-home`);
  const { manifests } = recstack('synth', withLines(whole, ''), wholeEnvironment);
  const names = manifests.map(({ metadata }) => String(Reflect.get(Object(metadata), 'name')));
  expect(arrows.sort()).toEqual(names.filter((name) => name.endsWith('-from-home')).sort());
});

test('its code compiles, but for what is said not to', () => {
  const snippets = blocks.filter(({ language, mark }) => language === 'ts' && mark !== 'file');
  const programs = [
    ['the first program', withLines(first, '')] as const,
    ...snippets.map(({ title, text }) => [title, withLines(whole, asStatements(text))] as const),
  ];
  const complaints = complaintsAbout(
    folder,
    programs.map(([, program]) => program),
  );
  const wrong = programs.flatMap(([title], i) => complaints[i]?.slice(0, 1).map((text) => `${title}: ${text}`) ?? []);
  const saidSo = snippets.filter(({ text }) => text.includes(DOES_NOT_COMPILE)).map(({ title }) => title);
  expect(wrong.filter((complaint) => !saidSo.some((title) => complaint.startsWith(title)))).toEqual([]);
  expect(wrong).toHaveLength(saidSo.length);
}, 120_000);

const DOES_NOT_COMPILE = '// does not compile';

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
    expect(missingIn(out, lines.join('\n'))).toEqual([]);
  },
);
