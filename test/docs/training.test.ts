import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { App } from 'cdk8s';
import { parse } from 'yaml';
import { type Manifests, synthesize } from '../../lib/testing';
import { problemsOf } from '../serving/fixtures';
import { holds, ROOT } from './guide';

/*
 * Does what docs/training.md says: `file` is the program, `also` is added to it for good, `refused` to a copy of it; `of` is a
 * part of what the program so far writes.
 */

const guide = readFileSync(join(ROOT, 'docs/training.md'), 'utf8');
const BLOCK = /^```(?<language>\w+)(?: (?<mark>[^\n=]+)(?:=(?<of>\S+))?)?\n(?<text>.*?)^```$/gms;
const blocks = [...guide.matchAll(BLOCK)].map(({ index, groups = {} }) => {
  const { language = '', mark = '', of = '', text = '' } = groups;
  const line = guide.slice(0, index).split('\n').length;
  return { language, mark, of, text, title: `line ${line}, ${language} ${mark} ${of}` };
});
const marked = (mark: string) =>
  blocks.filter((block) => block.mark === mark).map((block) => [block.title, block] as const);

/** The program up to a block, and lines after it. */
function write(block: (typeof blocks)[number], lines = ''): Manifests {
  const before = blocks.slice(0, blocks.indexOf(block)).filter(({ mark }) => mark === 'file' || mark === 'also');
  const folder = mkdtempSync(join(tmpdir(), 'recstack-training-guide-'));
  const file = join(folder, 'main.ts');
  const program = [...before.map(({ text }) => text), lines].join('\n');
  // Beside the library of this repository.
  const library = program.replace("'recstack'", `'${join(ROOT, 'lib')}'`);
  writeFileSync(file, library.replace("'cdk8s'", `'${join(ROOT, 'node_modules/cdk8s')}'`));
  try {
    const { app } = require(file) as { app: App };
    return synthesize(app);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('each block is of a kind that is tested', () => {
  const kinds = new Set(blocks.map(({ language, mark }) => `${language} ${mark}`.trim()));
  expect([...kinds].sort()).toEqual(['mermaid', 'text', 'ts also', 'ts file', 'ts refused', 'yaml of']);
  expect(guide.match(/^```\w/gm)).toHaveLength(blocks.length);
});

test.each(marked('of'))('%s: it is a part of what comes out', (_, block) => {
  const [kind = '', name = ''] = block.of.split('/');
  const object = write(block).get(kind, name);
  const part = parse(block.text);
  expect(holds(object, part) ? part : object).toEqual(part);
});

test.each(marked('refused'))('%s: it is refused, as the text after it says', (_, block) => {
  const shown = blocks[blocks.indexOf(block) + 1];
  expect(shown?.language).toBe('text');
  expect(problemsOf(() => write(block, block.text))).toEqual([shown?.text.trim()]);
});
