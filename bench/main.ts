/**
 * What recstack's synth costs, as ratios in one run: against the same objects given to cdk8s as literals, without any
 * logic, and against nothing but the YAML writer. How it grows with objects and charts. And what `npm run synth` costs
 * as a whole, against the start of a Node that does nothing. And the simulated autoscaler, by the length of its trace.
 */
import { deepEqual } from 'node:assert/strict';
import { ApiObject, type ApiObjectProps, App, Chart, Yaml } from 'cdk8s';
import { autoscaleOnResources, ModelServer, Platform, tensorflowServing, triton } from '../lib';
import { HpaController, policyOf } from '../lib/capacity';
import type { Manifest } from '../lib/synth/manifest';
import { byChart, render } from '../lib/synth/render';
import { toYaml } from '../lib/synth/synth';
import { compare, ofCommand, ofFunction } from './cpu';

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

const rendered = (charts: number, servers: number) => byChart(render(tree(charts, servers), { deferred: 'refuse' }));

/** All but the writing of files. */
const byRecstack = (charts: number, servers: number) => toYaml(rendered(charts, servers));

function byLiterals(manifests: readonly Manifest[]): string {
  const app = new App();
  const chart = new Chart(app, 'shop');
  for (const [i, manifest] of manifests.entries()) new ApiObject(chart, `${i}`, manifest as ApiObjectProps);
  return app.synthYaml();
}

const ratio = (a: number, b: number) => (a / b).toFixed(2);
const row = (...cells: readonly (string | number)[]) =>
  console.log(cells.map((cell) => `${cell}`.padStart(16)).join(''));

function overhead(objects: number, turns: number): void {
  const servers = Math.round(objects / OBJECTS_PER_SERVER);
  const manifests = [...rendered(1, servers).values()].flat().map(({ manifest }) => manifest);
  const work = {
    recstack: () => byRecstack(1, servers),
    literals: () => byLiterals(manifests),
    yaml: () => Yaml.stringify(...manifests),
  };
  deepEqual([...work.recstack().values()].map(documents), [documents(work.literals())]);
  const { recstack, literals, yaml } = compare(work, { by: ofFunction, turns });
  const each = `${((recstack / manifests.length) * 1000).toFixed(2)} ms`;
  row(manifests.length, ratio(recstack, literals), ratio(recstack, yaml), each);
}

const documents = (yaml: string) => yaml.split('---\n').sort();

function growth(): void {
  const work = {
    base: () => byRecstack(1, 143),
    tenfold: () => byRecstack(1, 1430),
    charts: () => byRecstack(200, 7),
  };
  const { base, tenfold, charts } = compare(work, { by: ofFunction, turns: 3 });
  console.log(`\n1,000 to 10,000 objects in one chart: ${ratio(tenfold, base)} times the CPU (10 is linear)`);
  console.log(`10,000 objects in 200 charts instead of one: ${ratio(charts, tenfold)} times the CPU (1 is linear)`);
}

function wholeSynth(): void {
  const work = { synth: ['npm', 'run', 'synth'], node: ['node', '-e', '0'] };
  const { synth, node } = compare(work, { by: ofCommand, turns: 5 });
  console.log(`\nnpm run synth: ${synth.toFixed(2)} s of CPU, ${ratio(synth, node)} times a Node that does nothing`);
}

/** The simulated autoscaler alone, with pods that are ready at once; 45 days are 259,200 of its syncs. */
function simulation(): void {
  const syncs = (count: number) => () => simulate(count);
  const { base, tenfold } = compare({ base: syncs(259_200), tenfold: syncs(2_592_000) }, { by: ofFunction, turns: 5 });
  console.log(`\n45 days of syncs of an autoscaler: ${base.toFixed(2)} s of CPU`);
  console.log(`ten times as long: ${ratio(tenfold, base)} times the CPU (10 is linear)`);
}

/** Traffic that comes and goes twice in nine hours, and rules on the way down. */
function simulate(syncs: number): number {
  const metric = { type: 'External', external: { target: { averageValue: '100' } } };
  const rate = [{ type: 'Percent', value: 10, periodSeconds: 60 }] as const;
  const behavior = { scaleDown: { policies: rate } };
  const autoscaler = new HpaController(policyOf({ spec: { maxReplicas: 600, metrics: [metric], behavior } }));
  let replicas = 3;
  for (let i = 0; i < syncs; i++) {
    const workload = { specReplicas: replicas, statusReplicas: replicas, pods: [] };
    const total = Math.round(20_000 + 15_000 * Math.sin(i / 350)) * 1000;
    replicas = autoscaler.sync(i * 15, workload, [{ total }]);
  }
  return replicas;
}

row('objects', 'vs. literals', 'vs. YAML alone', 'CPU per object');
overhead(100, 15);
overhead(1000, 9);
overhead(10_000, 3);
growth();
wholeSynth();
simulation();
