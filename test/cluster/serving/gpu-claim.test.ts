import { App } from 'cdk8s';
import { type GpuRequest, ModelServer, Platform, triton } from '../../../lib';
import type { Manifest } from '../../../lib/synth/manifest';
import { synthesize } from '../../../lib/testing';
import { Client, type Live } from '../harness/client';
import { cluster } from '../harness/cluster';
import { addNodes, removeNodes } from '../harness/nodes';
import { applyAll, deleteAll, type Pod, rolledOut } from '../harness/workloads';
import { deviceNode } from './gpu-nodes';

const client = new Client(cluster());

/** What NVIDIA's driver installs, and what it publishes of a node with two cards. */
const CLASS: Manifest = {
  apiVersion: 'resource.k8s.io/v1',
  kind: 'DeviceClass',
  metadata: { name: 'gpu.nvidia.com' },
  spec: {
    selectors: [
      {
        cel: {
          expression: "device.driver == 'gpu.nvidia.com' && device.attributes['gpu.nvidia.com'].type == 'gpu'",
        },
      },
    ],
  },
};

const slice = (node: string, productName: string, memory: string): Manifest => ({
  apiVersion: 'resource.k8s.io/v1',
  kind: 'ResourceSlice',
  metadata: { name: `${node}-gpu.nvidia.com` },
  spec: {
    driver: 'gpu.nvidia.com',
    nodeName: node,
    pool: { name: node, generation: 1, resourceSliceCount: 1 },
    devices: ['gpu-0', 'gpu-1'].map((name) => ({
      name,
      attributes: { type: { string: 'gpu' }, productName: { string: productName } },
      capacity: { memory: { value: memory } },
    })),
  },
});

const nodes = [deviceNode('claimed-l4', {}), deviceNode('claimed-a100', {})];
const driver = [
  CLASS,
  slice('claimed-l4', 'NVIDIA L4', '23034Mi'),
  slice('claimed-a100', 'NVIDIA A100 80GB PCIe', '81920Mi'),
];

beforeAll(async () => {
  await addNodes(client, nodes);
  await applyAll(client, driver);
});
afterAll(async () => {
  for (const manifest of driver) await client.delete(manifest);
  await removeNodes(client, nodes);
});

function versionOf(version: string, gpu: GpuRequest) {
  const app = new App();
  const platform = new Platform(app, 'gpu-claim', {
    cluster: { kubernetes: '1.37', addons: ['nvidia-dra-driver'] },
  });
  new ModelServer(platform, 'ranker', {
    model: { name: 'dlrm', version, uri: `s3://models/dlrm/${version}`, size: '18Gi' },
    runtime: triton({ version: '25.08' }),
    gpu,
    replicas: 2,
  });
  return synthesize(app).all;
}

interface Claim extends Live {
  readonly status?: { readonly allocation?: { readonly devices: { readonly results: readonly { device: string }[] } } };
}

test.each<[string, GpuRequest, string]>([
  ['the type', { claim: { type: 'nvidia-l4' }, count: 1 }, 'claimed-l4'],
  ['enough memory', { claim: { memory: '40Gi' }, count: 1 }, 'claimed-a100'],
])('the scheduler gives each pod a card of %s, and a rollout where all are taken ends', async (_what, gpu, node) => {
  try {
    for (const version of ['42', '43']) {
      await applyAll(client, versionOf(version, gpu));
      await rolledOut(client, versionOf(version, gpu));
    }
    const pods = (await client.list<Pod>('v1', 'Pod', 'gpu-claim')).filter(
      ({ metadata }) => metadata.deletionTimestamp === undefined,
    );
    expect(pods.map(({ spec }) => spec.nodeName)).toEqual([node, node]);
    expect(pods.map(({ metadata }) => metadata.labels?.['app.kubernetes.io/version'])).toEqual(['43', '43']);
    const claims = await client.list<Claim>('resource.k8s.io/v1', 'ResourceClaim', 'gpu-claim');
    const devices = claims.flatMap(({ metadata, status }) =>
      metadata.deletionTimestamp === undefined ? (status?.allocation?.devices.results ?? []) : [],
    );
    expect(devices.map(({ device }) => device).sort()).toEqual(['gpu-0', 'gpu-1']);
  } finally {
    await deleteAll(client, versionOf('43', gpu));
  }
});
