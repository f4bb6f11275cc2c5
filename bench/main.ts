/**
 * What recstack's synth costs, as ratios in one run: against the same objects given to cdk8s as literals, without any
 * logic, and against nothing but the YAML writer. How it grows with objects and charts. And what `npm run synth` costs
 * as a whole, against the start of a Node that does nothing. And the simulated autoscaler and whole replays, by the length
 * of the trace and the number of services.
 */
import { deepEqual } from 'node:assert/strict';
import { ApiObject, type ApiObjectProps, App, Chart, Yaml } from 'cdk8s';
import { autoscaleOnResources, ModelServer, Platform, tensorflowServing, triton } from '../lib';
import { autoscalerOf, HpaController, policyOf, replay, type Trace } from '../lib/capacity';
import type { Manifest } from '../lib/synth/manifest';
import { byChart, render } from '../lib/synth/render';
import { toYaml } from '../lib/synth/synth';
import { compare, ofCommand, ofFunction } from './cpu';
import { onTraces } from './traces';

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

/** Replays of everything: arrivals, pods, load, the autoscaler, and what it comes to. */
function replays(): void {
  const year = traffic(10 * DAYS);
  const trace = { ...year, requests: year.requests.slice(0, DAYS * 1440) };
  const days = { ...year, requests: year.requests.slice(0, 4.5 * 1440) };
  const services = (count: number) => () => Array.from({ length: count }, () => byRequests(days));
  const work = {
    base: () => byRequests(trace),
    cpu: () => byCpu(trace),
    keda: () => byKeda(trace),
    tenfold: () => byRequests(year),
    ten: services(10),
    hundred: services(100),
  };
  const { base, cpu, keda, tenfold, ten, hundred } = compare(work, { by: ofFunction, turns: 3 });
  const seconds = [base, cpu, keda].map((value) => value.toFixed(2)).join(', ');
  console.log(`\n45 days of one service: ${seconds} s of CPU (HPA on requests, HPA on CPU, ScaledObject with cron)`);
  console.log(`ten times as long: ${ratio(tenfold, base)} times the CPU (10 is linear)`);
  console.log(`100 services instead of ten: ${ratio(hundred, ten)} times the CPU (10 is linear)`);
}

const DAYS = 45;
const SERVICE = { capacity: 100, readySeconds: 120, metricWindow: 30 };

/** Days that rise and fall, with a surge each evening. */
function traffic(days: number): Trace {
  const requests = Float64Array.from({ length: days * 1440 }, (_, minute) => {
    const surge = minute % 1440 > 1200 ? 3 : 1;
    return 60 * surge * (2500 + 2000 * Math.sin((2 * Math.PI * minute) / 1440));
  });
  return { name: 'days', step: 60, startsAt: Date.parse('2026-01-01T00:00Z') / 1000, requests };
}

function byHpa(trace: Trace, metric: object): number {
  const spec = { minReplicas: 3, maxReplicas: 600, metrics: [metric] };
  const manifest = { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', spec };
  return replay(trace, SERVICE, autoscalerOf([manifest]), 30).overCapacity;
}

const byRequests = (trace: Trace) =>
  byHpa(trace, { type: 'External', external: { metric: { name: 'requests' }, target: { averageValue: '80' } } });

const byCpu = (trace: Trace) =>
  byHpa(trace, { type: 'Resource', resource: { name: 'cpu', target: { averageUtilization: 50 } } });

function byKeda(trace: Trace): number {
  const evening = { timezone: 'Europe/Berlin', start: '45 20 * * *', end: '0 1 * * *', desiredReplicas: '100' };
  const triggers = [
    { type: 'prometheus', metadata: { query: 'sum(rate(requests_total[1m]))', threshold: '80' } },
    { type: 'cron', metadata: evening },
  ];
  const spec = { minReplicaCount: 3, maxReplicaCount: 600, triggers };
  const manifest = { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', spec };
  return replay(trace, SERVICE, autoscalerOf([manifest], { startsAt: trace.startsAt }), 30).overCapacity;
}

row('objects', 'vs. literals', 'vs. YAML alone', 'CPU per object');
overhead(100, 15);
overhead(1000, 9);
overhead(10_000, 3);
growth();
wholeSynth();
simulation();
replays();
onTraces();
