import { App } from 'cdk8s';
import type { PodSpec } from 'kubernetes-types/core/v1';
import { ModelServer, type ModelServerProps, Platform, rayServe, triton } from '../../../lib';
import { type Manifests, synthesize } from '../../../lib/testing';
import { Client } from '../harness/client';
import { cluster } from '../harness/cluster';
import { installCrds } from '../harness/crds';
import { applyAll, deleteAll } from '../harness/workloads';

const client = new Client(cluster());

/** All of a server called ranker, in a namespace of its own. */
function ranker(namespace: string, props: Partial<ModelServerProps>): Manifests {
  const app = new App();
  const addons = ['kserve', 'kuberay', 'metrics-server'] as const;
  new ModelServer(new Platform(app, namespace, { cluster: { kubernetes: '1.37', addons } }), 'ranker', {
    model: { name: 'dlrm', version: '42', uri: 's3://models/dlrm/42', size: '2Gi' },
    runtime: triton({ version: '25.08' }),
    ...props,
  });
  return synthesize(app);
}

const ray = rayServe({ version: '2.60.0', application: 'ranker:app' });
const gpu = { count: 1, type: 'nvidia-l4' } as const;

type Spec = Readonly<Record<string, unknown>>;
interface Group {
  readonly template: { readonly spec: PodSpec };
}

const cases = [
  ['InferenceService', ranker('kserve-cpu', { engine: 'kserve' })],
  ['InferenceService', ranker('kserve-gpu', { engine: 'kserve', gpu })],
  ['RayService', ranker('ray-cpu', { engine: 'ray-service', runtime: ray })],
  ['RayService', ranker('ray-gpu', { engine: 'ray-service', runtime: ray, gpu })],
] as const;

beforeAll(() => installCrds(client, 'kserve', 'kuberay'));

describe.each(cases)('%s, as the engine of a server', (kind, manifests) => {
  const server = manifests.get(kind, 'ranker');

  beforeAll(() => applyAll(client, manifests.all));
  afterAll(() => deleteAll(client, manifests.all));

  test('nothing of it is unknown to the definition, and nothing is dropped or changed', async () => {
    expect((await client.apply(server, { dryRun: true })).warnings).toEqual([]);
    expect((await client.get<{ spec: Spec }>(server)).spec).toEqual(server.spec);
  });

  test('its pods satisfy Pod Security `restricted`', async () => {
    for (const [i, { containers, initContainers, ...pod }] of podsOf(server.spec as Spec).entries()) {
      const spec = { ...pod, containers, initContainers };
      const metadata = { name: `pod-${i}`, namespace: server.metadata.namespace ?? '' };
      expect(
        (await client.apply({ apiVersion: 'v1', kind: 'Pod', metadata, spec }, { dryRun: true })).warnings,
      ).toEqual([]);
    }
  });
});

/** The pods in it, without what only a Deployment may say. */
function podsOf(spec: Spec): PodSpec[] {
  const { predictor, rayClusterConfig } = spec as {
    readonly predictor?: PodSpec & Spec;
    readonly rayClusterConfig?: { readonly headGroupSpec: Group; readonly workerGroupSpecs: readonly Group[] };
  };
  if (predictor !== undefined) {
    const { labels: _l, annotations: _a, deploymentStrategy: _d, minReplicas: _m, ...pod } = predictor;
    return [pod];
  }
  if (rayClusterConfig === undefined) throw new Error('there is nothing with pods');
  return [rayClusterConfig.headGroupSpec, ...rayClusterConfig.workerGroupSpecs].map(({ template }) => template.spec);
}
