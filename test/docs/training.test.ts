import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { App } from 'cdk8s';
import { parse } from 'yaml';
import { describeGpuHours } from '../../lib/cli/describe-gpu-hours';
import { describeWorkload } from '../../lib/cli/describe-workload';
import type { AlertRule, RecordingRule } from '../../lib/monitoring/alerts';
import { plan } from '../../lib/synth/plan';
import { synthesize } from '../../lib/testing';
import { CAPABILITIES, ENGINES } from '../../lib/training/engines/capabilities';
import { networkOf } from '../../lib/training/network';
import { networkSchema } from '../../lib/training/network-props';
import { problemsOf } from '../serving/fixtures';
import { complaintsAbout } from './compiler';
import { holds, missingIn, ROOT } from './guide';

/*
 * Does what docs/training.md says: `file` is the program, `also` is added to it for good, `refused` and `prints` to a copy
 * of it; `of` is a part of what the program so far writes, `printed` of what the block before it prints.
 */

const guide = readFileSync(join(ROOT, 'docs/training.md'), 'utf8');
const BLOCK = /^```(?<language>\w+)(?: (?<mark>[^\n=]+)(?:=(?<of>\S+))?)?\n(?<text>.*?)^```$/gms;
const blocks = [...guide.matchAll(BLOCK)].map(({ index, groups = {} }) => {
  const { language = '', mark = '', of = '', text = '' } = groups;
  const line = guide.slice(0, index).split('\n').length;
  return { language, mark, of, text, title: `line ${line}, ${language} ${mark} ${of}` };
});
type Block = (typeof blocks)[number];
const marked = (mark: string) =>
  blocks.filter((block) => block.mark === mark).map((block) => [block.title, block] as const);
const after = (block: Block) => blocks[blocks.indexOf(block) + 1];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'recstack-training-guide-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The program up to a block, or to its end, and lines after it. */
function programOf(block?: Block, lines = ''): string {
  const end = block === undefined ? blocks.length : blocks.indexOf(block);
  const before = blocks.slice(0, end).filter(({ mark }) => mark === 'file' || mark === 'also');
  const program = [...before.map(({ text }) => text), lines].join('\n');
  // Beside the library of this repository.
  const library = program.replaceAll("'recstack'", `'${join(ROOT, 'lib')}'`);
  return library.replaceAll("'cdk8s'", `'${join(ROOT, 'node_modules/cdk8s')}'`);
}

let programs = 0;
function run(program: string): { app: App; printed: string } {
  const file = join(folder, `main-${programs++}.ts`);
  writeFileSync(file, program);
  let printed = '';
  const log = jest.spyOn(console, 'log').mockImplementation((text) => {
    printed += `${text}\n`;
  });
  try {
    const { app } = require(file) as { app: App };
    return { app, printed };
  } finally {
    log.mockRestore();
  }
}

/** The rows of the table with a heading, without their head; each cell without the signs of code. */
function table(heading: string): string[][] {
  const [, rows = ''] = guide.split(new RegExp(`^\\| ${heading} +\\|.*\\n\\|[-| ]+\\n`, 'm'));
  const cells = (row: string) => row.split('|').slice(1, -1);
  const [found = ''] = /^(\|.*\n)*/.exec(rows) ?? [];
  return found
    .trim()
    .split('\n')
    .map((row) => cells(row).map((cell) => cell.trim().replaceAll('`', '')));
}

test('each block is of a kind that is tested', () => {
  const kinds = new Set(blocks.map(({ language, mark }) => `${language} ${mark}`.trim()));
  const tested = ['console', 'mermaid', 'python', 'text', 'ts also', 'ts file', 'ts prints', 'ts refused', 'yaml of'];
  expect([...kinds].sort()).toEqual([...tested, 'yaml printed']);
  expect(guide.match(/^```\w/gm)).toHaveLength(blocks.length);
});

test('its code compiles', () => {
  const copies = blocks.filter(({ mark }) => mark === 'refused' || mark === 'prints');
  const all = [programOf(), ...copies.map((block) => programOf(block, block.text))];
  expect(complaintsAbout(folder, all)).toEqual(all.map(() => []));
}, 120_000);

test.each(marked('of'))('%s: it is a part of what comes out', (_, block) => {
  const [kind = '', name = ''] = block.of.split('/');
  const object = synthesize(run(programOf(block)).app).get(kind, name);
  const part = parse(block.text);
  expect(holds(object, part) ? part : object).toEqual(part);
});

test.each(marked('refused'))('%s: it is refused, as the text after it says', (_, block) => {
  expect(after(block)?.language).toBe('text');
  expect(problemsOf(() => synthesize(run(programOf(block, block.text)).app))).toEqual([after(block)?.text.trim()]);
});

test.each(marked('prints'))('%s: it prints what is shown after it', (_, block) => {
  expect(after(block)?.mark).toBe('printed');
  const printed = parse(run(programOf(block, block.text)).printed);
  const part = parse(after(block)?.text ?? '');
  expect(holds(printed, part) ? part : printed).toEqual(part);
});

test('the plan of the whole program is what is shown, but for the dots', () => {
  const { workloads, gpuHours } = plan(run(programOf()).app);
  const printed = [...workloads.map(describeWorkload), describeGpuHours(gpuHours)].join('\n');
  const shown = blocks.filter(({ language }) => language === 'console').map(({ text }) => text);
  expect(shown).toHaveLength(1);
  expect(missingIn(printed, shown.join('').replace('$ npx recstack plan\n', ''))).toEqual([]);
});

const python = spawnSync('python3', ['--version'], { encoding: 'utf8' });
// Shown as skipped where there is no Python.
const onPython = /^Python 3\.(9|\d\d)/.test(python.stdout ?? '') ? test : test.skip;

onPython('the lines of Python leave the file of progress, whole and alone', () => {
  const [code = ''] = blocks.filter(({ language }) => language === 'python').map(({ text }) => text);
  const place = mkdtempSync(join(folder, 'progress-'));
  const file = join(place, 'progress.json');
  const { status, stderr } = spawnSync('python3', ['-c', code], {
    encoding: 'utf8',
    env: { ...process.env, PROGRESS_FILE: file },
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(readdirSync(place)).toEqual(['progress.json']);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
    step: 1200,
    steps: 10_000,
    loss: 0.31,
    samples: 1_228_800,
    checkpoint: 1_764_000_000,
    metrics: { ndcg: 0.41 },
  });
});

test('its table of engines is what they can', () => {
  expect(table('`engine`')).toEqual(
    ENGINES.map((engine) => {
      const { kind, addon = '', restarts, lacks } = CAPABILITIES[engine];
      return [engine, kind, addon, restarts === 'node' ? 'the node' : 'all nodes', Object.keys(lacks).join(', ')];
    }),
  );
});

test('its table of networks is what they set and ask for', () => {
  const networks = [{ by: 'tcp' }, { by: 'rdma', resource: 'rdma/card', count: 8 }, { by: 'efa', count: 8 }] as const;
  const asked = networks.map((network) => {
    const { env, devices } = networkOf({ nodes: 2, gpusPerNode: 8, network: networkSchema.parse(network) });
    const [resource = ''] = Object.keys(devices);
    expect(Object.values(devices)).toEqual(resource === '' ? [] : ['8']);
    return [
      `NCCL_NET=${env.NCCL_NET}`,
      resource === '' ? 'nothing' : `count of ${resource.replace('rdma/card', 'resource')}`,
    ];
  });
  expect(networkOf({ nodes: 1, gpusPerNode: 8, network: undefined })).toEqual({
    env: {},
    devices: {},
    annotations: {},
  });
  expect(
    table('`network`')
      .slice(1)
      .map(([, net, devices]) => [net, devices]),
  ).toEqual(asked);
});

test('its tables of alerts and records are those of nightly, and all of them', () => {
  const { data } = synthesize(run(programOf()).app).get('ConfigMap', 'monitoring-prometheus') as {
    data?: Record<string, string>;
  };
  const { groups = [] }: { groups?: { rules: (AlertRule | RecordingRule)[] }[] } = parse(data?.['rules.yaml'] ?? '');
  const rules = groups.flatMap((group) => group.rules).filter(({ labels }) => labels.training === 'nightly');
  const alerts = rules.flatMap((rule) => ('alert' in rule ? [rule] : []));
  const records = rules.flatMap((rule) => ('record' in rule ? [rule.record] : []));
  const rows = table('alert');
  expect(rows.map(([name, severity]) => [name, severity])).toEqual(
    alerts.map(({ alert, labels }) => [alert, labels.severity]),
  );
  const SECONDS: Readonly<Record<string, string>> = { '52h': '187200', '30m': '1800' };
  for (const [i, { expr, for: lasts = '' }] of alerts.entries()) {
    const bound = rows[i]?.[4] ?? '';
    // Some compare seconds, some look back, and some last so long.
    const stated = [lasts, ...(expr.match(/(?<=\[|offset |> )\w+/g) ?? [])];
    expect(stated).toContain(rows[i]?.[1] === 'info' ? '' : (SECONDS[bound] ?? bound));
  }
  expect(table('record').flatMap(([names = '']) => names.split(', '))).toEqual(records);
});
