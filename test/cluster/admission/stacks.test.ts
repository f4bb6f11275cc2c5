import type { PodSpec } from 'kubernetes-types/core/v1';
import { examples, manifestsOf } from '../../examples/examples';
import { Client } from '../harness/client';
import { cluster } from '../harness/cluster';
import { eventually } from '../harness/eventually';
import { addNodes, cpuNodes, gpuNodes, removeNodes } from '../harness/nodes';
import { environments, shopOf } from '../harness/shop';
import { applyAll, declared, deleteAll, rolledOut } from '../harness/workloads';

const client = new Client(cluster());
const nodes = [
  ...cpuNodes(3),
  ...gpuNodes(3, { gpus: 4, type: 'nvidia-l4' }),
  ...gpuNodes(2, { gpus: 4, type: 'nvidia-l40s' }),
];

beforeAll(() => addNodes(client, nodes));
afterAll(() => removeNodes(client, nodes));

const stacks = [
  ...environments.map((name) => [name, () => shopOf(name, { namespace: `admission-${name}` }).all] as const),
  ...examples.map((name) => [name, () => manifestsOf(name).all] as const),
];

describe.each(stacks)('%s', (_, synth) => {
  const manifests = synth();
  afterAll(() => deleteAll(client, manifests));

  test('each object is admitted, with no unknown field and no warning', async () => {
    const warnings: string[] = [];
    for (const manifest of manifests) {
      const answer = await client.apply(manifest);
      warnings.push(...answer.warnings.map((warning) => `${manifest.kind} ${manifest.metadata.name}: ${warning}`));
    }
    expect(warnings).toEqual([]);
  });

  test('every server and program becomes ready, with as many replicas as its autoscaler asks for', async () => {
    await rolledOut(client, manifests);
    for (const { metadata, spec } of manifests.filter(({ kind }) => kind === 'HorizontalPodAutoscaler')) {
      const { minReplicas } = spec as { minReplicas: number };
      const target = { apiVersion: 'apps/v1', kind: 'Deployment', metadata };
      await eventually(async () => {
        expect((await client.get<{ status: object }>(target)).status).toMatchObject({ readyReplicas: minReplicas });
      });
    }
    await rolledOut(client, manifests);
  });

  test('every probe asks a port that its container has', async () => {
    // A kubelet would find out, and there is none here.
    const namespaces = new Set(manifests.flatMap(({ metadata }) => metadata.namespace ?? []));
    for (const namespace of namespaces) {
      for (const { spec } of await client.list<PodWithProbes>('v1', 'Pod', namespace)) {
        for (const { name, ports = [], startupProbe, readinessProbe, livenessProbe } of spec.containers) {
          const open = ports.flatMap((port) => [port.name, port.containerPort]);
          const asked = [startupProbe, readinessProbe, livenessProbe].flatMap(
            (probe) => (probe?.httpGet ?? probe?.grpc)?.port ?? [],
          );
          expect({ name, open, closed: asked.filter((port) => !open.includes(port)) }).toEqual({
            name,
            open,
            closed: [],
          });
        }
      }
    }
  });

  test('every disruption budget selects pods and lets one go at a time', async () => {
    for (const budget of manifests.filter(({ kind }) => kind === 'PodDisruptionBudget')) {
      await eventually(async () => {
        const { status } = await client.get<{ status: { expectedPods: number; disruptionsAllowed: number } }>(budget);
        expect({ name: budget.metadata.name, ...status }).toMatchObject({ disruptionsAllowed: 1 });
        expect(status.expectedPods).toBeGreaterThan(0);
      });
    }
  });

  test('every Service has the addresses of its pods', async () => {
    for (const { metadata, spec } of manifests.filter(({ kind }) => kind === 'Service')) {
      // The pods of a training job are there only while it runs.
      if ((spec as { clusterIP?: string }).clusterIP === 'None') continue;
      await eventually(async () => {
        const addresses = await addressesOf(metadata);
        expect({ service: metadata.name, addresses }).not.toEqual({ service: metadata.name, addresses: [] });
      });
    }
  });

  test('applying the same again changes nothing', async () => {
    const settled = new Map<string, unknown>();
    for (const manifest of manifests) settled.set(key(manifest), declared(await client.get(manifest)));
    await applyAll(client, manifests);
    for (const manifest of manifests) {
      expect(declared(await client.get(manifest))).toEqual(settled.get(key(manifest)));
    }
  });

  test('deletion leaves nothing behind', async () => {
    await deleteAll(client, manifests);
    for (const manifest of manifests) {
      await expect(client.get(manifest)).rejects.toMatchObject({ status: 404 });
    }
  });
});

interface PodWithProbes {
  readonly spec: Pick<PodSpec, 'containers'>;
}

interface EndpointSlice {
  readonly metadata: { readonly labels: Readonly<Record<string, string>> };
  readonly endpoints: readonly { readonly addresses: readonly string[] }[] | null;
}

async function addressesOf({ name, namespace }: { name: string; namespace?: string }): Promise<string[]> {
  const slices = await client.list<EndpointSlice>('discovery.k8s.io/v1', 'EndpointSlice', namespace);
  const own = slices.filter(({ metadata }) => metadata.labels['kubernetes.io/service-name'] === name);
  return own.flatMap(({ endpoints }) => (endpoints ?? []).flatMap(({ addresses }) => addresses));
}

const key = ({ kind, metadata }: { kind: string; metadata: { name: string } }) => `${kind}/${metadata.name}`;

test('the namespace refuses pods that could reach the node', async () => {
  const namespace = 'admission-restricted';
  const shop = shopOf('dev', { namespace }).ofKind('Namespace');
  await applyAll(client, shop);
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'intruder', namespace },
    spec: { containers: [{ name: 'shell', image: 'busybox:1.37', securityContext: { privileged: true } }] },
  };
  await expect(client.apply(pod)).rejects.toThrow('violates PodSecurity "restricted:v1.33"');
  await deleteAll(client, shop);
});
