import { autoscaleOnResources, ModelArtifact, Slo } from '../../lib';
import { problemsOf } from '../serving/fixtures';
import { training } from '../training/fixtures';
import { type Complaint, complaints } from './compiler';

/*
 * What cannot work does not compile. Each case is a pair: the right way, which must compile, so that the wrong one is
 * refused for what it says and not for a slip of the pen; and the wrong way, which fails the test when a type gets
 * looser.
 */

const IMPORTS = `
import * as pulumi from '@pulumi/pulumi';
import { App } from 'cdk8s';
import * as lib from '../../lib';
declare const shop: lib.Platform;
declare const server: lib.ModelServer;
declare const model: lib.ModelArtifact;
declare const runtime: lib.Runtime;
const on = <Has extends lib.MetricName>(runtime: lib.Runtime<Has>) => new lib.ModelServer(shop, 'x', { model, runtime });
declare const output: pulumi.Output<string>;
declare const feed: lib.RecommendationFunnelProps;
const job = { image: 'a:1', command: ['train'], resources: { cpu: '1', memory: '1Gi' } } as const;
const dlrm = { name: 'dlrm', version: '42', uri: 's3://models/dlrm', size: '18Gi' } as const;
const scaling = { replicas: [3, 40], cpu: '60%' } as const;
const probes = { startup: { grpc: 'g' }, readiness: { grpc: 'g' }, liveness: { grpc: 'g' } } as const;
const start = () => ({ command: [], args: [] });
`;

const model = (props: string) => `lib.ModelArtifact.of({ ...dlrm, ${props} });`;
const job = (props: string) => `new lib.TrainingJob(shop, 'x', { ...job, ${props} });`;
const serve = (props: string) => `new lib.ModelServer(shop, 'x', { model, runtime, ${props} });`;
const platform = (props: string) => `new lib.Platform(new App(), 'x', { cluster: { kubernetes: '1.33' }, ${props} });`;
const cluster = (props: string) => `new lib.Platform(new App(), 'x', { cluster: { kubernetes: '1.33', ${props} } });`;
const monitor = (props: string) => `new lib.Monitoring(shop, 'x', { ${props} });`;
const features = (props: string) => `new lib.FeatureStore(shop, 'x', { ${props} });`;
const valkey = (props: string) => `lib.valkey({ version: '8.1.4', data: '8Gi', ${props} });`;
const scale = (props: string) => `lib.autoscaleOnResources({ ...scaling, ${props} });`;
const demand = (props: string) => `lib.autoscaleOnDemand({ replicas: [3, 40], requests: 180, ${props} });`;
const container = (props: string) => `lib.container({ image: 'a:1', ports: { g: 1 }, probes, start, ${props} });`;

const closed = (props: string) =>
  `new lib.TrainingCalendar(shop, 'x', { timeZone: 'Etc/UTC', closed: [{ name: 'x', ${props} }] });`;

const retrieve = (props: string) =>
  `new lib.RecommendationFunnel(shop, 'x', { ...feed, stages: { retrieval: { deadline: '30ms', candidates: 500, sources: [{ server }], ${props} } } });`;
const rank = (props: string) =>
  `new lib.RecommendationFunnel(shop, 'x', { ...feed, stages: { ...feed.stages, ranking: { deadline: '30ms', sources: [{ server }], ${props} } } });`;
const funnel = (props: string) => `new lib.RecommendationFunnel(shop, 'x', { ...feed, ${props} });`;

type Case = readonly [what: string, write: (props: string) => string, right: string, wrong: string];

const CASES: readonly Case[] = [
  // Units
  ['a size in GB', model, "size: '18Gi'", "size: '18GB'"],
  ['a size without a unit', model, "size: '18Gi'", "size: '18'"],
  ['a size as a number', model, "size: '18Gi'", 'size: 18'],
  ['a duration without a unit', job, "deadline: '60s'", "deadline: '60'"],
  ['a duration as a number', job, "deadline: '60s'", 'deadline: 60'],
  ['a duration in a unit of its own', job, "deadline: '1h'", "deadline: '1 hour'"],
  ['a duration in two units', job, "deadline: '90m'", "deadline: '1h30m'"],
  ['a share without a unit', scale, "cpu: '60%'", "cpu: '60'"],
  ['a share as a number', scale, "cpu: '60%'", 'cpu: 0.6'],
  ['a tolerance without a unit', scale, "tolerance: '5%'", "tolerance: '5'"],
  ['CPU as a number', job, "resources: { cpu: '2', memory: '1Gi' }", "resources: { cpu: 2, memory: '1Gi' }"],
  ['CPU in words', job, "resources: { cpu: '250m', memory: '1Gi' }", "resources: { cpu: '2 cores', memory: '1Gi' }"],
  ['memory in CPU', job, "resources: { cpu: '2', memory: '2Gi' }", "resources: { cpu: '2', memory: '2m' }"],
  ['retention without a unit', monitor, "prometheus: { retention: '15d' }", "prometheus: { retention: '15' }"],
  [
    'an objective in milliseconds',
    (props) => `lib.Slo.latency({ ${props} });`,
    "under: '50ms', objective: '99%'",
    "under: '50ms', objective: '99ms'",
  ],
  [
    'a time with an offset',
    closed,
    "start: '2026-11-10T20:00', end: '2026-11-12T02:00'",
    "start: '2026-11-10T20:00Z', end: '2026-11-12T02:00'",
  ],
  [
    'a time of day without minutes',
    closed,
    "every: 'day', start: '19:00', end: '23:00'",
    "every: 'day', start: '19:00', end: '23'",
  ],
  [
    'a date of one year for every year',
    closed,
    "every: 'year', start: '11-10T20:00', end: '11-12T02:00'",
    "every: 'year', start: '2026-11-10T20:00', end: '11-12T02:00'",
  ],
  ['an alert without an expression', job, "trainOn: { alerts: ['A'] }", "trainOn: { alerts: [{ name: 'A' }] }"],
  ['an address that is no store', model, "uri: 's3://models/dlrm'", "uri: 'https://example.com/dlrm'"],

  // Words
  [
    'an unknown day of the week',
    closed,
    "every: 'day', days: ['fri'], start: '19:00', end: '23:00'",
    "every: 'day', days: ['friday'], start: '19:00', end: '23:00'",
  ],
  ['an unknown GPU', job, "gpuType: 'nvidia-l4'", "gpuType: 'nvidia-l5'"],
  ['an unknown GPU of a server', serve, "gpu: { count: 1, type: 'nvidia-l4' }", "gpu: { count: 1, type: 'l4' }"],
  ['an unknown GPU of a cluster', cluster, "gpus: ['nvidia-l4']", "gpus: ['nvidia-l5']"],
  [
    'a slice of another card',
    serve,
    "gpu: { type: 'nvidia-a100-80gb', mig: '2g.20gb' }",
    "gpu: { type: 'nvidia-a100-40gb', mig: '2g.20gb' }",
  ],
  [
    'a slice of a card that MIG cannot cut',
    serve,
    "gpu: { type: 'nvidia-h200', mig: '1g.18gb' }",
    "gpu: { type: 'nvidia-l4', mig: '1g.18gb' }",
  ],
  [
    'several shares of a card',
    serve,
    "gpu: { type: 'nvidia-t4', share: 'mps' }",
    "gpu: { type: 'nvidia-t4', share: 'mps', count: 2 }",
  ],
  ['a part of a card in MiB', serve, "gpu: { memory: '8Gi' }", "gpu: { memory: '8192Mi' }"],
  [
    'a claim by type and memory',
    serve,
    "gpu: { claim: { type: 'nvidia-l4' }, count: 1 }",
    "gpu: { claim: { type: 'nvidia-l4', memory: '8Gi' }, count: 1 }",
  ],
  ['an unknown supply', serve, "supply: 'scarce'", "supply: 'rare'"],
  [
    'an unknown way to share cards',
    cluster,
    "gpuSharing: { 'nvidia-t4': { by: 'mps', replicas: 4 } }",
    "gpuSharing: { 'nvidia-t4': { by: 'vgpu', replicas: 4 } }",
  ],
  ['an unknown add-on', cluster, "addons: ['keda']", "addons: ['kedda']"],
  ['an unknown distribution', cluster, "distribution: 'gke'", "distribution: 'gce'"],
  ['an unknown behavior', scale, "behavior: 'steady'", "behavior: 'slow'"],

  // Secrets
  [
    'a webhook as a string',
    monitor,
    "alertmanager: { webhook: { name: 'a', key: 'url' } }",
    "alertmanager: { webhook: 'https://x' }",
  ],
  [
    'a password as a string',
    monitor,
    "grafana: { adminPassword: { name: 'a', key: 'b' } }",
    "grafana: { adminPassword: 'T0p' }",
  ],
  [
    'the token of a messenger',
    monitor,
    "notify: { team: { to: { type: 'slack', url: { name: 'slack', key: 'url' } } } }",
    "notify: { team: { to: { type: 'slack', url: 'https://hooks.example.com/token' } } }",
  ],
  [
    'a messenger that is not known',
    monitor,
    "notify: { team: { to: { type: 'wecom', url: { name: 'wecom', key: 'url' } } } }",
    "notify: { team: { to: { type: 'irc', url: { name: 'irc', key: 'url' } } } }",
  ],
  [
    'a Secret without a key',
    monitor,
    "grafana: { adminPassword: { name: 'a', key: 'b' } }",
    "grafana: { adminPassword: { name: 'a' } }",
  ],
  [
    'an access key as a string',
    model,
    "store: { credentials: { accessKeyId: { name: 'a', key: 'b' }, secretAccessKey: { name: 'a', key: 'c' } } }",
    "store: { credentials: { accessKeyId: { name: 'a', key: 'b' }, secretAccessKey: 'T0p' } }",
  ],
  [
    'a password as an Output',
    monitor,
    "grafana: { adminPassword: { name: 'a', key: 'b' } }",
    'grafana: { adminPassword: output }',
  ],

  [
    'the password of a store as a string',
    valkey,
    "use: 'store', password: { name: 'a', key: 'b' }",
    "use: 'store', password: 'T0p'",
  ],

  // Stores
  ['a cache that is kept', valkey, "use: 'store', persistence: 'aof'", "use: 'cache', persistence: 'aof'"],
  [
    'a store that throws data out',
    valkey,
    "use: 'cache', eviction: 'allkeys-lru'",
    "use: 'store', eviction: 'allkeys-lru'",
  ],
  [
    'an index as a store of features',
    features,
    "engine: lib.redis({ version: '8.2.1', use: 'cache', data: '1Gi' })",
    "engine: lib.qdrant({ version: '1.17.1' })",
  ],

  // What is known only at apply goes into strings that say so, and nowhere else.
  ['an Output as a namespace', platform, "namespace: 'shop'", 'namespace: output'],
  ['an Output as a label', platform, "labels: { team: 'search' }", 'labels: { team: output }'],
  [
    'an Output as the name of a claim',
    job,
    "checkpoints: { claim: 'a', every: '1m' }",
    "checkpoints: { claim: output, every: '1m' }",
  ],
  ['an Output as a size', model, "size: '18Gi'", 'size: output'],
  ['an Output as memory', job, "resources: { cpu: '1', memory: '1Gi' }", "resources: { cpu: '1', memory: output }"],
  ['an Output as a version', model, "version: '42'", 'version: output'],
  ['an Output as a schedule', job, "schedule: '0 2 * * *'", 'schedule: output'],
  ['an Output as a number', job, 'nodes: 4', 'nodes: pulumi.output(4)'],
  ['an Output as replicas', scale, 'replicas: [3, 40]', 'replicas: [3, pulumi.output(40)]'],
  ['an Output as a priority class', serve, "priorityClass: 'serving'", 'priorityClass: output'],
  ['an Output of a number in a variable', job, 'env: { A: output }', 'env: { A: pulumi.output(1) }'],
  ['an Output in an address', model, "uri: lib.s3Uri(output, 'dlrm')", 'uri: output'],

  // Props
  ['an unknown prop of a platform', platform, 'production: true', 'prod: true'],
  ['an unknown prop of a cluster', cluster, 'addons: []', 'addOns: []'],
  ['an unknown prop of a server', serve, 'replicas: 3', 'replica: 3'],
  ['an unknown prop of a model', model, "sha256: 'x'", "sha: 'x'"],
  ['an unknown prop of a GPU', serve, "gpu: { count: 1, type: 'nvidia-l4' }", "gpu: { number: 1, type: 'nvidia-l4' }"],
  ['an unknown prop of a job', job, 'nodes: 4', 'node: 4'],
  [
    'an unknown prop of checkpoints',
    job,
    "checkpoints: { claim: 'a', every: '1m' }",
    "checkpoints: { claim: 'a', every: '1m', keep: 3 }",
  ],
  ['an unknown prop of scaling on demand', demand, 'queue: 4', 'queued: 4'],
  ['an unknown direction', demand, "tolerance: { up: '5%' }", "tolerance: { upwards: '5%' }"],
  ['a share of GPU time as a number', demand, "gpu: '70%'", 'gpu: 0.7'],
  ['a wake-up that says nothing of requests', demand, "wakeUp: { within: '3m', requests: 'x' }", "wakeUp: '3m'"],
  ['an unknown prop of autoscaling', scale, "memory: '80%'", "gpu: '80%'"],
  ['an unknown part of monitoring', monitor, 'grafana: {}', 'graphana: {}'],
  [
    'an unknown prop of a runtime',
    (props) => `lib.triton({ ${props} });`,
    "version: '25.08'",
    "version: '25.08', batch: 8",
  ],
  [
    'a metric that is not in the vocabulary',
    container,
    "metrics: { port: 'g', path: '/m', requests: [] }",
    "metrics: { port: 'g', path: '/m', qps: [] }",
  ],
  [
    'an unknown field in a transform',
    serve,
    'transform: { deployment: { spec: { replicas: 3 } } }',
    'transform: { deployment: { spec: { replica: 3 } } }',
  ],
  ['a transform of an object that there is not', job, 'transform: { cronJob: {} }', 'transform: { deployment: {} }'],

  // Metrics that a server doesn't have
  [
    'asking Triton what it is working on',
    (metric) => `on(lib.triton({ version: '25.08' })).query(${metric});`,
    "'queued'",
    "'running'",
  ],
  [
    'asking TensorFlow Serving for its queue',
    (metric) => `on(lib.tensorflowServing({ version: '2.19.1' })).query(${metric});`,
    "'latency'",
    "'queued'",
  ],
  [
    'asking vLLM for its GPU',
    (metric) => `on(lib.vllm({ version: '0.33.0' })).query(${metric});`,
    "'running'",
    "'gpuUtilization'",
  ],
  [
    'asking Ray Serve for the time in the queue',
    (metric) => `on(lib.rayServe({ version: '2.60.0', application: 'a:b' })).query(${metric});`,
    "'queued'",
    "'queueTime'",
  ],
  [
    'asking OpenVINO for its queue',
    (metric) => `on(lib.openvino({ version: '2026.2.1' })).query(${metric});`,
    "'queueTime'",
    "'queued'",
  ],
  ['asking any server for what is no metric', (metric) => `server.query(${metric});`, "'queued'", "'qps'"],
  ['a window without a unit', (options) => `server.query('requests', { ${options} });`, "window: '5m'", "window: '5'"],
  [
    'a server known to lack a metric where it is needed',
    (runtime) => `const needsQueue: lib.Runtime<'queued'> = ${runtime};`,
    "{ ...runtime, metrics: () => ({ port: 'g', path: '/m', lacks: {} as never }) }",
    "lib.tensorflowServing({ version: '2.19.1' })",
  ],
  // Funnels
  [
    "retrieval that falls back to the previous stage's order",
    retrieve,
    "fallback: { staleCache: { maxAge: '5m' } }",
    "fallback: 'previous-order'",
  ],
  ['ranking that falls back to no filter', rank, "fallback: 'previous-order'", "fallback: 'unfiltered'"],
  ['a stage without a fallback', rank, "fallback: 'fail'", 'candidates: 50'],
  [
    'popular items from nowhere',
    rank,
    "fallback: { popularItems: { file: '/data/popular.json' } }",
    'fallback: { popularItems: {} }',
  ],
  [
    'a stage that there is not',
    funnel,
    'stages: feed.stages',
    "stages: { ...feed.stages, rerank: { deadline: '5ms' } }",
  ],
  ['a deadline as a number', funnel, "deadline: '150ms'", 'deadline: 150'],
  ['a server as a word', funnel, 'calls: { features: server }', "calls: { features: 'redis' }"],

  // Shapes
  [
    'a server without a model',
    (props) => `new lib.ModelServer(shop, 'x', { runtime, ${props} });`,
    'model',
    'replicas: 2',
  ],
  [
    'a runtime as a word',
    (props) => `new lib.ModelServer(shop, 'x', { model, ${props} });`,
    'runtime',
    "runtime: 'triton'",
  ],
  ['an objective as a word', serve, "slo: lib.Slo.availability({ objective: '99%' })", "slo: '99%'"],
  ['one number of replicas', scale, 'replicas: [3, 40]', 'replicas: 3'],
  ['three numbers of replicas', scale, 'replicas: [3, 40]', 'replicas: [3, 10, 40]'],
  [
    'a policy that is just its props',
    (props) => `server.autoscale(${props});`,
    "lib.autoscaleOnResources({ replicas: [3, 40], cpu: '60%' })",
    "{ replicas: [3, 40], cpu: '60%' }",
  ],
  ['a command as one string', job, "command: ['torchrun', 'train.py']", "command: 'torchrun train.py'"],
  [
    'an object without a name',
    (props) => `lib.kubernetesObject(shop, 'x', { apiVersion: 'v1', kind: 'ConfigMap', ${props} });`,
    "metadata: { name: 'x' }",
    'metadata: {}',
  ],
];

/** Not assignable, with or without a suggestion; an unknown, or a missing property; no overload. */
const ABOUT_TYPES = [2322, 2820, 2353, 2561, 2740, 2741, 2739, 2345, 2769];

let right: Complaint[][];
let wrong: Complaint[][];
beforeAll(() => {
  const snippets = CASES.flatMap(([, write, good, bad]) => [write(good), write(bad)]);
  const all = complaints(IMPORTS, snippets);
  right = all.filter((_, i) => i % 2 === 0);
  wrong = all.filter((_, i) => i % 2 === 1);
}, 60_000);

test.each(CASES.map(([what], i) => [what, i] as const))('%s does not compile', (_what, i) => {
  expect(right[i]).toEqual([]);
  expect(wrong[i]?.map(({ code }) => code)).toEqual([expect.any(Number)]);
  expect(ABOUT_TYPES).toContain(wrong[i]?.[0]?.code);
});

// A template literal's ${number} takes whatever Number() does: a space, a sign, an exponent. These compile.
test.each([
  ['a space before the unit', () => training({ deadline: '30 s' })],
  ['a space before the number', () => ModelArtifact.of({ name: 'a', version: '1', uri: 's3://a/b', size: ' 18Gi' })],
  ['a time that is negative', () => Slo.latency({ under: '-50ms', objective: '99%' })],
  ['an exponent', () => Slo.latency({ under: '1e3ms', objective: '99%' })],
  ['a share with a space', () => autoscaleOnResources({ replicas: [3, 40], cpu: '60 %' })],
  ['CPU with a space', () => training({ resources: { cpu: '250 m', memory: '1Gi' } })],
])('what the compiler lets through is refused when it runs: %s', (_what, run) => {
  expect(new Set(problemsOf(run)).size).toBe(1);
});
