/**
 * What recstack's synth costs, as ratios in one run: against the same objects given to cdk8s as literals, without any
 * logic, and against nothing but the YAML writer. And how it grows with objects and charts.
 */
import { spawnSync } from 'node:child_process';
import { ApiObject, type ApiObjectProps, App, Chart, Yaml } from 'cdk8s';
import { autoscaleOnResources, ModelServer, Platform, tensorflowServing, triton } from '../lib';
import type { Manifest } from '../lib/synth/manifest';
import { byChart, render } from '../lib/synth/render';
import { toYaml } from '../lib/synth/synth';
import { compare } from './cpu';

/** The objects of one server: what ModelServer and its autoscaler emit. */
const OBJECTS_PER_SERVER = 7;

/** A platform in each of several charts, with servers of two kinds. */
function tree(charts: number, servers: number): App {
  const app = new App();
  for (let c = 0; c < charts; c++) {
    const platform = new Platform(app, `shop-${c}`, {
      cluster: { kubernetes: '1.33', addons: ['metrics-server'] },
      production: false,
    });
    for (let s = 0; s < servers; s++) {
      const server = new ModelServer(platform, `server-${s}`, {
        model: { name: 'dlrm', version: '42', uri: 's3://models/dlrm/42', size: '18Gi' },
        runtime: s % 2 === 0 ? triton({ version: '25.08' }) : tensorflowServing({ version: '2.19.1' }),
      });
      server.autoscale(autoscaleOnResources({ replicas: [3, 40], cpu: '60%' }));
    }
  }
  return app;
}

const byRecstack = (charts: number, servers: number) =>
  toYaml(byChart(render(tree(charts, servers), { deferred: 'refuse' })));

function byLiterals(charts: readonly (readonly Manifest[])[]): string {
  const app = new App();
  charts.forEach((objects, c) => {
    const chart = new Chart(app, `shop-${c}`, { namespace: `shop-${c}` });
    objects.forEach((object, i) => {
      new ApiObject(chart, `${i}`, object as ApiObjectProps);
    });
  });
  return app.synthYaml();
}

const manifestsByChart = (app: App) =>
  [...byChart(render(app, { deferred: 'refuse' })).values()].map((objects) => objects.map(({ manifest }) => manifest));

const ratio = (a: number, b: number) => (a / b).toFixed(2);

function size(objects: number, turns: number): void {
  const servers = Math.round(objects / OBJECTS_PER_SERVER);
  const manifests = manifestsByChart(tree(1, servers));
  const count = manifests.flat().length;
  const { recstack, literals, yaml } = compare(
    {
      recstack: () => byRecstack(1, servers),
      literals: () => byLiterals(manifests),
      yaml: () => Yaml.stringify(...manifests.flat()),
    },
    turns,
  );
  console.log(
    [count, ratio(recstack, literals), ratio(recstack, yaml), `${((recstack / count) * 1000).toFixed(2)} ms`]
      .map((cell) => String(cell).padStart(18))
      .join(''),
  );
}

function growth(): void {
  const work = {
    base: () => byRecstack(1, 143),
    tenfold: () => byRecstack(1, 1430),
    charts: () => byRecstack(200, 7),
  };
  const { base, tenfold, charts } = compare(work, 3);
  console.log(`\n1,000 to 10,000 objects in one chart: ${ratio(tenfold, base)} times the CPU (10 is linear)`);
  console.log(`10,000 objects in 200 charts instead of one: ${ratio(charts, tenfold)} times the CPU (1 is linear)`);
}

function wholeSynth(): void {
  const before = process.resourceUsage();
  const runs = 3;
  const script = `const { spawnSync } = require('child_process');
    for (let i = 0; i < ${runs}; i++) spawnSync('npm', ['run', '--silent', 'synth'], { stdio: 'ignore' });
    const { userCPUTime, systemCPUTime } = process.resourceUsage();
    process.stdout.write('');`;
  spawnSync(process.execPath, ['-e', script], { stdio: 'ignore' });
  const after = process.resourceUsage();
  void [before, after];
}

console.log(['objects', 'vs. literals', 'vs. YAML alone', 'CPU per object'].map((cell) => cell.padStart(18)).join(''));
size(100, 9);
size(1000, 7);
size(10_000, 3);
growth();
wholeSynth();
