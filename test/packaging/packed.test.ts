import { execFileSync, type SpawnSyncReturns, spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';

/*
 * A user's own project with the packed tarball: what is packed, types and code of every subpath, the program. The
 * tarball is unpacked by hand, because tests use no network. Beside it lies just what its package.json names, so that a
 * dependency which only this repository has is missed here as it would be there.
 */

const ROOT = join(__dirname, '..', '..');
/** What the user's project installs for itself. */
const TOOLS = ['tsx', '@types/node', '@types/jest'];
let project: string;

beforeAll(() => {
  project = realpathSync(mkdtempSync(join(tmpdir(), 'recstack-packed-')));
  const modules = join(project, 'node_modules');
  mkdirSync(join(modules, 'recstack'), { recursive: true });
  // A copy of what npm packs, but compiled elsewhere, so that a build/ of the checkout is left alone. Whether the types
  // of the source are right is asked by `npm run types`.
  const build = join(project, 'package', 'build');
  execFileSync('node', ['-r', 'tsx/cjs', 'scripts/build.ts', build, '--noCheck'], { cwd: ROOT });
  for (const file of ['package.json', 'README.md', 'LICENSE']) {
    writeFileSync(join(project, 'package', file), readFileSync(join(ROOT, file)));
  }
  const [{ filename }] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', project], {
      cwd: join(project, 'package'),
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  );
  execFileSync('tar', ['-xzf', join(project, filename), '-C', join(modules, 'recstack'), '--strip-components', '1']);
  const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  for (const name of [...Object.keys(dependencies), ...Object.keys(peerDependencies), ...TOOLS]) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
  }
  writeFileSync(join(project, 'package.json'), '{ "name": "a-users-project", "private": true }');
}, 120_000);
afterAll(() => rmSync(project, { recursive: true, force: true }));

function write(file: string, content: string): void {
  mkdirSync(dirname(join(project, file)), { recursive: true });
  writeFileSync(join(project, file), content);
}

/** The files that the README shows, put into a folder of the project. */
function writeReadme(folder: string): string[] {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  return [...readme.matchAll(/^```\w+ file=(\S+)\n(.*?)^```$/gms)].map(([, file = '', content = '']) => {
    write(join(folder, file), content);
    return join(folder, file);
  });
}

function run(...command: string[]): SpawnSyncReturns<string> {
  const [program = '', ...args] = command;
  return spawnSync(program, args, { cwd: project, encoding: 'utf8' });
}

const STACK = `
import { App } from 'cdk8s';
import { ModelArtifact, ModelServer, Platform, Slo, Stack, autoscaleOnResources, clusterSchema, triton } from 'recstack';
import { z } from 'zod';

export default new Stack({
  environment: z.strictObject({ cluster: clusterSchema }),
  compose(app: App, { cluster }) {
    const shop = new Platform(app, 'shop', { cluster });
    const ranker = new ModelServer(shop, 'ranker', {
      model: ModelArtifact.of({ name: 'dlrm', version: '42', uri: 's3://models/dlrm/42', size: '18Gi' }),
      runtime: triton({ version: '25.08' }),
      gpu: { count: 1, type: 'nvidia-l4' },
      slo: Slo.latency({ under: '50ms', objective: '99%' }),
    });
    ranker.autoscale(autoscaleOnResources({ replicas: [3, 40], cpu: '60%' }));
  },
});
`;

test('the tarball holds the compiled library, its scripts, the licence and the README, and nothing else', () => {
  const files = readdirSync(join(project, 'node_modules', 'recstack'), { recursive: true }) as string[];
  const top = new Set(files.map((file) => file.split('/')[0]));
  expect([...top].sort()).toEqual(['LICENSE', 'README.md', 'build', 'package.json']);
  expect(files.filter((file) => /\.(ts|js|sh|py)$/.test(file) === false && file.includes('.'))).toEqual([
    'README.md',
    'package.json',
    'build/cli/plan/report/browser.css',
  ]);
  const scripts = (paths: string[]) => paths.filter((path) => /\.(sh|py)$/.test(path)).sort();
  const inLib = readdirSync(join(ROOT, 'lib'), { recursive: true }) as string[];
  expect(scripts(files)).toEqual(scripts(inLib.map((file) => `build/${file}`)));
});

test.each([
  ['nodenext', ts.ModuleKind.NodeNext, ts.ModuleResolutionKind.NodeNext],
  ['bundler', ts.ModuleKind.ESNext, ts.ModuleResolutionKind.Bundler],
])(
  'types resolve for every subpath and the README with moduleResolution %s',
  (_, module, moduleResolution) => {
    write('stack.ts', STACK);
    const examples = writeReadme('readme').filter((file) => file.endsWith('.ts'));
    expect(examples).toHaveLength(5);
    write(
      'subpaths.ts',
      `
import { deploy } from 'recstack/pulumi';
import { type Manifests, matchers, synthesize } from 'recstack/testing';
import { type Footprint, footprint } from 'recstack/capacity';
import stack from './stack';

const manifests: Manifests = synthesize(stack.build('dev.yaml'));
const { most }: { most: Footprint } = footprint(manifests.all);
console.log(most.gpus, matchers, deploy);
// @ts-expect-error a wrong unit does not compile
const size: import('recstack').Bytes = '18GB';
console.log(size);
`,
    );
    const files = ['stack.ts', 'subpaths.ts', ...examples].map((file) => join(project, file));
    const program = ts.createProgram(files, {
      ...{ module, moduleResolution, noEmit: true, strict: true, target: ts.ScriptTarget.ES2022 },
      ...{ types: ['node', 'jest'], typeRoots: [join(project, 'node_modules', '@types')] },
    });
    // What was packed, too, as for a user without skipLibCheck. The types inside of other libraries take most of the
    // time, and lie elsewhere.
    const checked = program.getSourceFiles().filter(({ fileName }) => fileName.startsWith(project));
    expect(checked.map(({ fileName }) => relative(project, fileName))).toEqual(
      expect.arrayContaining(['stack.ts', 'subpaths.ts', ...examples, 'node_modules/recstack/build/index.d.ts']),
    );
    const found = [
      ...program.getOptionsDiagnostics(),
      ...checked.flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]),
    ];
    expect(ts.formatDiagnostics(found, ts.createCompilerHost({}))).toBe('');
  },
  120_000,
);

test('code runs from every subpath, and only recstack/pulumi loads Pulumi', () => {
  write(
    'subpaths.js',
    `
const loaded = () => Object.keys(require.cache).some((file) => file.includes('@pulumi'));
const { Platform } = require('recstack');
const { synthesize } = require('recstack/testing');
const { footprint } = require('recstack/capacity');
const before = loaded();
const { deploy } = require('recstack/pulumi');
console.log(JSON.stringify([typeof Platform, typeof synthesize, typeof footprint, typeof deploy, before, loaded()]));
`,
  );
  expect(JSON.parse(run('node', 'subpaths.js').stdout)).toEqual([
    'function',
    'function',
    'function',
    'function',
    false,
    true,
  ]);
});

test('every compiled file finds what it requires among the dependencies that package.json names', () => {
  // Some are loaded when they are needed only, so that the subpaths alone would not show it. The program just runs.
  // What a page of the plan holds runs in a browser.
  const others = ['cli/main.js', 'cli/plan/report/browser.js'];
  const files = (readdirSync(join(project, 'node_modules/recstack/build'), { recursive: true }) as string[])
    .filter((file) => file.endsWith('.js') && !others.includes(file))
    .map((file) => `./node_modules/recstack/build/${file}`);
  const { status, stderr } = run('node', '-e', `for (const file of ${JSON.stringify(files)}) require(file)`);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

test('recstack/capacity loads no Kubernetes library', () => {
  const script =
    "require('recstack/capacity'); console.log(Object.keys(require.cache).some((f) => /cdk8s|constructs/.test(f)))";
  expect(run('node', '-e', script).stdout.trim()).toBe('false');
});

test("the README's examples write manifests", () => {
  writeReadme('examples');
  const inExamples = (...command: string[]) =>
    spawnSync('node', ['-r', 'tsx/cjs', ...command], { cwd: join(project, 'examples'), encoding: 'utf8' });
  expect(inExamples('platform.ts')).toMatchObject({ status: 0, stderr: '' });
  expect(readFileSync(join(project, 'examples/dist/shop.yaml'), 'utf8')).toContain('\n  name: ranker\n');
  expect(inExamples('../node_modules/recstack/build/cli/main.js', 'synth')).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^dist\/production\/shop\.yaml: \d+ objects\n/),
  });
});

test('a project synthesizes its own stack by the program, and all or nothing', () => {
  write('stacks/main.ts', STACK);
  write('stacks/environments/dev.yaml', 'cluster: { kubernetes: "1.33", addons: [metrics-server] }\n');
  const recstack = (...args: string[]) =>
    run('node', '-r', 'tsx/cjs', 'node_modules/recstack/build/cli/main.js', ...args);
  expect(recstack('synth', '--env', 'dev')).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^dist\/dev\/shop\.yaml: 10 objects\n/),
  });
  const before = readFileSync(join(project, 'dist/dev/shop.yaml'), 'utf8');
  write('stacks/environments/dev.yaml', 'cluster: { kubernetes: "1.33" }\n');
  expect(recstack('synth', '--env', 'dev')).toMatchObject({
    status: 1,
    stdout: '',
    stderr: `[shop/ranker/autoscaler] must have CPU and memory metrics, but the cluster has no metrics-server: add it to cluster.addons
1 problem; nothing was written
`,
  });
  expect(readFileSync(join(project, 'dist/dev/shop.yaml'), 'utf8')).toBe(before);
  expect(recstack('--version').stdout).toBe(
    `${JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).version}\n`,
  );
});

test('a TypeScript stack without a loader is explained, where Node cannot read it', () => {
  const [major = 0] = process.versions.node.split('.').map(Number);
  if (major >= 22) return;
  write('stacks/main.ts', STACK);
  const { stderr, status } = run('node', 'node_modules/recstack/build/cli/main.js', 'synth', '--env', 'dev');
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr: `[stacks/main] must be something that Node ${process.version} can run, got TypeScript: set NODE_OPTIONS='-r tsx/cjs' after \`npm install -D tsx\`, or compile it first
1 problem; nothing was written
`,
  });
});

test('a project snapshot-tests its stack with jest', () => {
  write('stacks/environments/dev.yaml', 'cluster: { kubernetes: "1.33", addons: [metrics-server] }\n');
  write(
    'stack.test.js',
    `
const { matchers, synthesize } = require('recstack/testing');
require('tsx/cjs');
expect.extend(matchers);
test('ranker', () => {
  const { App } = require('cdk8s');
  const { Platform } = require('recstack');
  const app = new App();
  new Platform(app, 'shop', { cluster: { kubernetes: '1.33' } });
  const manifests = synthesize(app);
  expect(manifests).toHaveObject('Namespace', 'shop');
  expect(manifests).toMatchSnapshot();
});
`,
  );
  const jest = () =>
    run(join(ROOT, 'node_modules/.bin/jest'), '--rootDir', project, '--ci=false', '--testMatch', '**/stack.test.js');
  expect(jest().stderr).toContain('1 snapshot written');
  expect(jest().stderr).toContain('1 passed, 1 total');
});
