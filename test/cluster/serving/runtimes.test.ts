import { App } from 'cdk8s';
import { stringify } from 'yaml';
import {
  container,
  ModelServer,
  type ModelServerProps,
  Monitoring,
  openvino,
  Platform,
  type Runtime,
  rayServe,
  Slo,
  tensorflowServing,
  triton,
  vllm,
} from '../../../lib';
import { type Manifest, synthesize } from '../../../lib/testing';
import { locate } from '../../../tools/build';
import { Client } from '../harness/client';
import { cluster } from '../harness/cluster';
import { addNodes, cpuNodes, gpuNodes, removeNodes } from '../harness/nodes';
import { applyAll, declared, deleteAll, rolledOut } from '../harness/workloads';
import { alertsOf, monitoringFiles } from '../prometheus/files';
import { asGrafanaSends } from '../prometheus/grafana';
import { TemporaryFolder } from '../prometheus/temporary-folder';
import { run } from '../prometheus/tool';

const client = new Client(cluster());
const nodes = [...cpuNodes(2), ...gpuNodes(2, { gpus: 5, type: 'nvidia-l4' })];
const folder = new TemporaryFolder();
const applied: (readonly Manifest[])[] = [];
let promtool: string;

beforeAll(async () => {
  promtool = await locate('promtool');
  await addNodes(client, nodes);
});
afterAll(async () => {
  folder.remove();
  // All at once: Kubernetes takes ten seconds for each namespace.
  await Promise.all(applied.map((manifests) => deleteAll(client, manifests)));
  await removeNodes(client, nodes);
});

const probe = { path: '/ready', port: 'http' };
const own = container({
  image: 'registry.example.com/shop/ranker:1.4.2',
  ports: { http: 8080 },
  probes: { startup: probe, readiness: probe, liveness: probe },
  sharedMemory: '1Gi',
  metrics: {
    port: 'http',
    path: '/metrics',
    requests: [{ name: 'answered_total' }],
    errors: [{ name: 'failed_total' }],
    latency: { type: 'histogram', unit: 's', name: 'answer_seconds', buckets: [0.1, 0.5, 1] },
    queued: { name: 'waiting' },
  },
  start: ({ folder: models, gpus }) => ({ command: ['/server'], args: [`--model=${models}`, `--gpus=${gpus}`] }),
});

const RUNTIMES: readonly Runtime[] = [
  triton({ version: '25.08' }),
  tensorflowServing({ version: '2.19.1' }),
  vllm({ version: '0.33.0' }),
  rayServe({ version: '2.60.0', application: 'ranker:app' }),
  openvino({ version: '2026.2.1' }),
  own,
];
const gpu = { count: 1, type: 'nvidia-l4' } as const;

type Case = readonly [name: string, on: 'CPU' | 'a GPU', runtime: Runtime, props: Partial<ModelServerProps>];

/** OpenVINO uses no GPU of NVIDIA, and is refused one. */
const cases = RUNTIMES.flatMap((runtime): Case[] => [
  [runtime.name, 'CPU', runtime, {}],
  ...(runtime.name === 'openvino' ? [] : ([[runtime.name, 'a GPU', runtime, { gpu }]] as const)),
]);

/** Two replicas in a namespace of their own, which admits restricted pods only, with what watches them. */
function served(namespace: string, runtime: Runtime, props: Partial<ModelServerProps>) {
  const app = new App();
  const platform = new Platform(app, namespace, { cluster: { kubernetes: '1.37' } });
  new ModelServer(platform, 'ranker', {
    model: { name: 'dlrm', version: '42', uri: 's3://models/dlrm/42', size: '2Gi' },
    runtime,
    slo: [Slo.latency({ under: '500ms', objective: '99%' }), Slo.availability({ objective: '99.9%' })],
    ...props,
  });
  new Monitoring(platform, 'monitoring');
  return synthesize(app);
}

describe.each<Case>(cases)('%s on %s', (name, on, runtime, props) => {
  const namespace = `runtime-${name}-${on === 'CPU' ? 'cpu' : 'gpu'}`;
  const manifests = served(namespace, runtime, props);
  beforeAll(() => applied.push(manifests.all));

  test('is admitted without a warning, in a namespace that refuses pods which are not restricted', async () => {
    expect(manifests.get('Namespace', namespace).metadata.labels).toMatchObject({
      'pod-security.kubernetes.io/enforce': 'restricted',
    });
    const warnings: string[] = [];
    for (const manifest of manifests.all) warnings.push(...(await client.apply(manifest)).warnings);
    expect(warnings).toEqual([]);
  });

  test('becomes available, and is the same when it is applied again', async () => {
    const deployment = manifests.get('Deployment', 'ranker');
    await rolledOut(client, [deployment]);
    const { status } = await client.get<{ status: { conditions: object[] } }>(deployment);
    expect(status.conditions).toContainEqual(expect.objectContaining({ type: 'Available', status: 'True' }));

    const objects = manifests.all.filter(({ metadata }) => metadata.name.startsWith('ranker'));
    expect(objects.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['Deployment', 'Service', 'NetworkPolicy']));
    const live = () => Promise.all(objects.map(async (object) => declared(await client.get(object))));
    const before = await live();
    await applyAll(client, objects);
    expect(await live()).toEqual(before);
  });

  test('its alerts and the queries of its dashboard are PromQL', async () => {
    const { rules, panels } = monitoringFiles(manifests);
    const queries = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
    expect(queries.length).toBeGreaterThan(0);
    expect(alertsOf(rules).map(({ alert }) => alert)).toEqual(
      expect.arrayContaining(['ModelServerSlow', 'ModelServerErrors']),
    );
    const drawn = queries.map((expr, i) => ({
      record: `panel:${i}`,
      expr: asGrafanaSends(expr, { interval: 15, scrape: 15 }),
    }));
    const groups = [...rules.groups, { name: 'dashboard', rules: drawn }];
    const file = folder.write(`${namespace}.yaml`, stringify({ groups }));
    const { code, output } = await run(promtool, ['check', 'rules', '--lint=all', '--lint-fatal', file]);
    expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining('SUCCESS') });
  });
});
