import { App } from 'cdk8s';
import { ModelServer, type ModelServerProps, Platform, triton } from '../../../lib';
import { type Manifests, synthesize } from '../../../lib/testing';
import { Client } from '../harness/client';
import { cluster } from '../harness/cluster';
import { eventually } from '../harness/eventually';
import { addNodes, cpuNodes, removeNodes } from '../harness/nodes';
import { applyAll, deleteAll, type Pod, rolledOut } from '../harness/workloads';

const client = new Client(cluster());
const nodes = cpuNodes(2);

beforeAll(() => addNodes(client, nodes));
afterAll(() => removeNodes(client, nodes));

function served(namespace: string, props: Partial<ModelServerProps> = {}): Manifests {
  const app = new App();
  new ModelServer(new Platform(app, namespace, { cluster: { kubernetes: '1.37' } }), 'ranker', {
    model: { name: 'dlrm', version: '42', uri: 's3://models/dlrm/42', size: '140Gi' },
    runtime: triton({ version: '25.08' }),
    replicas: 2,
    ...props,
  });
  return synthesize(app);
}

/** A Deployment with other fields in its spec. */
function changed(manifests: Manifests, change: object) {
  const deployment = manifests.get('Deployment', 'ranker');
  return { ...deployment, spec: { ...Object(deployment.spec), ...change } };
}

describe('what Kubernetes refuses', () => {
  const manifests = served('limits-refused');
  beforeAll(() => applyAll(client, manifests.ofKind('Namespace')));
  afterAll(() => deleteAll(client, manifests.ofKind('Namespace')));

  test('kserve#4618: neither surge nor unavailable, with which no rollout could move', async () => {
    const strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } };
    await expect(client.apply(changed(manifests, { strategy }), { dryRun: true })).rejects.toThrow(
      'may not be 0 when `maxSurge` is 0',
    );
  });

  test('kserve#5496: a grace period that ends before the preStop sleep does', async () => {
    const { template } = manifests.get('Deployment', 'ranker').spec as { template: { spec: object } };
    const short = { template: { ...template, spec: { ...template.spec, terminationGracePeriodSeconds: 9 } } };
    await expect(client.apply(changed(manifests, short), { dryRun: true })).rejects.toThrow(
      'preStop.sleep: Invalid value: 10',
    );
  });
});

describe('a rollout of a big model, for which a node must come first (kserve#3869)', () => {
  const gpu = { count: 1, type: 'nvidia-h100-80gb', holds: '60Gi' } as const;
  const manifests = served('limits-deadline', { gpu });
  const deployment = manifests.get('Deployment', 'ranker');
  afterAll(() => deleteAll(client, manifests.all));

  async function progressing(): Promise<object | undefined> {
    const { status } = await client.get<Status>(deployment);
    return status.conditions?.find(({ type }) => type === 'Progressing');
  }

  test('goes on with the deadline that we compute, which has the time of the copy and of the start', async () => {
    await applyAll(client, manifests.all);
    const { spec } = await client.get<{ spec: { progressDeadlineSeconds: number } }>(deployment);
    expect(spec.progressDeadlineSeconds).toBe(600 + 5735 + 1554);
    await eventually(async () => expect(await progressing()).toMatchObject({ status: 'True' }));
  });

  test('is called failed by the Deployment controller when its deadline is shorter', async () => {
    await client.patch(deployment, { spec: { progressDeadlineSeconds: 2 } });
    await eventually(async () => {
      expect(await progressing()).toMatchObject({ status: 'False', reason: 'ProgressDeadlineExceeded' });
    });
  });
});

test('kserve#5496: a replica that is evicted leaves the endpoints, and has the time of its sleep and its drain', async () => {
  const namespace = 'limits-end';
  const manifests = served(namespace);
  try {
    await applyAll(client, manifests.all);
    await rolledOut(client, manifests.all);
    const [pod] = await client.list<Pod>('v1', 'Pod', namespace);
    if (pod === undefined) throw new Error('there is no replica');
    const { name } = pod.metadata;
    // Kept while we look: kwok ends pods at once, where a kubelet would wait.
    await client.patch(pod, { metadata: { finalizers: ['recstack.test/look'] } });
    await eventually(() => evict(namespace, name));
    const { metadata } = await client.get<{ metadata: { deletionGracePeriodSeconds: number } }>(pod);
    expect(metadata.deletionGracePeriodSeconds).toBe(10 + 30 + 5);
    await eventually(async () => {
      const endpoint = (await endpointsOf(namespace)).find(({ targetRef }) => targetRef.name === name);
      expect(endpoint?.conditions.ready ?? false).toBe(false);
    });
    await client.patch(pod, { metadata: { finalizers: null } });
    await rolledOut(client, manifests.all);
  } finally {
    await deleteAll(client, manifests.all);
  }
});

interface Status {
  readonly status: { readonly conditions?: readonly { readonly type: string }[] };
}

interface Endpoint {
  readonly targetRef: { readonly name: string };
  readonly conditions: { readonly ready: boolean };
}

async function endpointsOf(namespace: string): Promise<Endpoint[]> {
  const slices = await client.list<{ endpoints: Endpoint[] | null }>('discovery.k8s.io/v1', 'EndpointSlice', namespace);
  return slices.flatMap(({ endpoints }) => endpoints ?? []);
}

function evict(namespace: string, name: string) {
  return client.request('POST', `/api/v1/namespaces/${namespace}/pods/${name}/eviction`, {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name, namespace },
  });
}
