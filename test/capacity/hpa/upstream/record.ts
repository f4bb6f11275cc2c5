/**
 * Records what Kubernetes' autoscaler answers in its own tests, into cases.json beside this file:
 *
 *     npx tsx test/capacity/hpa/upstream/record.ts
 *
 * It takes Go, the Go module proxy and some minutes, so that the tests read the recording.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sourceDir } from '../../../../tools/crds';
import { moduleFolder } from '../../../../tools/gomod';

const PACKAGE = 'pkg/controller/podautoscaler';

/** The functions that are written down, by the file and the type that they are of. */
const RECORDED = {
  'replica_calculator.go': [
    'ReplicaCalculator) GetResourceReplicas',
    'ReplicaCalculator) GetRawResourceReplicas',
    'ReplicaCalculator) GetMetricReplicas',
    'ReplicaCalculator) GetObjectMetricReplicas',
    'ReplicaCalculator) GetObjectPerPodMetricReplicas',
    'ReplicaCalculator) GetExternalMetricReplicas',
    'ReplicaCalculator) GetExternalPerPodMetricReplicas',
  ],
  'horizontal.go': [
    'HorizontalController) stabilizeRecommendationWithBehaviors',
    'HorizontalController) convertDesiredReplicasWithBehaviorRate',
    'HorizontalController) normalizeDesiredReplicas',
  ],
} as const;

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'recstack-hpa-'));
  try {
    writeFileSync(join(__dirname, 'cases.json'), casesOf(await record(folder)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs the package's tests with record.go in it. */
async function record(folder: string): Promise<string> {
  const kubernetes = join(folder, 'kubernetes');
  cpSync(await sourceDir('kube-controller-manager'), kubernetes, { recursive: true });
  // What the module cache holds is read-only.
  execFileSync('chmod', ['-R', 'u+w', kubernetes]);
  for (const file of ['go.mod', 'go.sum']) copyFileSync(join(moduleFolder('kubernetes'), file), join(folder, file));

  const source = join(kubernetes, PACKAGE);
  for (const [file, functions] of Object.entries(RECORDED)) {
    edit(join(source, file), (text) => functions.reduce(asInner, text));
  }
  for (const file of ['horizontal_test.go', 'replica_calculator_test.go']) edit(join(source, file), named);
  copyFileSync(join(__dirname, 'record.go'), join(source, 'record.go'));

  const go = (...args: string[]) =>
    execFileSync('go', args, { cwd: folder, env: { ...process.env, GOFLAGS: '-mod=mod' }, stdio: 'inherit' });
  go('mod', 'edit', `-replace=k8s.io/kubernetes=${kubernetes}`);
  const program = join(folder, 'podautoscaler.test');
  go('test', '-c', '-o', program, `k8s.io/kubernetes/${PACKAGE}`);
  const lines = join(folder, 'calls');
  // That one repeats the same case for a thousand autoscalers at once, which the recording is not made for.
  const args = ['-test.parallel=1', '-test.skip=TestMultipleHPAs'];
  execFileSync(program, args, { cwd: source, env: { ...process.env, RECORD: lines }, stdio: 'inherit' });
  return readFileSync(lines, 'utf8');
}

/** `func (a *T) Name(` becomes `func (a *T) name0(`, which record.go calls. */
function asInner(text: string, name: string): string {
  const [type = '', method = ''] = name.split(') ');
  const inner = `${method.charAt(0).toLowerCase()}${method.slice(1)}0`;
  return text.replace(new RegExp(String.raw`^(func \(\w+ \*${type}\)) ${method}\(`, 'm'), `$1 ${inner}(`);
}

/** Tells record.go which test runs. */
function named(text: string): string {
  return text
    .replaceAll(/^func Test\w+\(t \*testing\.T\) \{$/gm, '$&\ncurrentTest = t.Name()')
    .replaceAll(/^.*t\.Run\(.*func\(t \*testing\.T\) \{$/gm, '$&\ncurrentTest = t.Name()')
    .replaceAll('t.Parallel()', '');
}

function edit(file: string, change: (text: string) => string): void {
  writeFileSync(file, change(readFileSync(file, 'utf8')));
}

/** Each different case once; the controller's loop repeats many. */
function casesOf(calls: string): string {
  const cases = new Map<string, string>();
  for (const line of calls.trimEnd().split('\n')) {
    const { test, ...rest } = JSON.parse(line) as Record<string, unknown>;
    const text = JSON.stringify(rest);
    if (!cases.has(text)) cases.set(text, JSON.stringify({ test, ...rest }));
  }
  return `[\n${[...cases.values()].join(',\n')}\n]\n`;
}

void main();
