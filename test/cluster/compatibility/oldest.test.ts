import { App } from 'cdk8s';
import { autoscaleOnResources, ModelServer, Platform, TrainingJob, tensorflowServing } from '../../../lib';
import { FEATURES, KUBERNETES } from '../../../lib/platform/features';
import { synthesize } from '../../../lib/testing';
import { startApiServer } from '../harness/api-server';
import { Client } from '../harness/client';
import { cluster } from '../harness/cluster';
import { environments, shopOf } from '../harness/shop';
import { deleteAll } from '../harness/workloads';
import { Workspace } from '../harness/workspace';

const newest = new Client(cluster());
const workspace = new Workspace();
let oldest: Client;

beforeAll(async () => {
  const server = await startApiServer(workspace, 'kube-apiserver-oldest');
  expect(server.version.split('.').slice(0, 2).join('.')).toBe(KUBERNETES.oldest);
  oldest = new Client(server);
});
afterAll(() => workspace.stop());

test('the newest version that the library claims is that of the control plane', () => {
  expect(cluster().version.split('.').slice(0, 2).join('.')).toBe(KUBERNETES.newest);
});

test.each(environments)('%s, described as the oldest version, is admitted there', async (environment) => {
  const shop = shopOf(environment, { namespace: `oldest-${environment}`, cluster: { kubernetes: KUBERNETES.oldest } });
  for (const manifest of shop.all) {
    const { warnings } = await oldest.apply(manifest);
    expect({ object: `${manifest.kind} ${manifest.metadata.name}`, warnings }).toMatchObject({ warnings: [] });
  }
});

/** What uses each feature that came after the oldest version. */
const USES: Record<keyof typeof FEATURES, (platform: Platform) => { kind: string; field: string; dropped?: true }> = {
  DRA: (platform) => {
    new ModelServer(platform, 'retrieval', {
      model: { name: 'two-tower', version: '7', uri: 's3://models/two-tower/7', size: '1Gi' },
      runtime: tensorflowServing({ version: '2.19.1' }),
      gpu: { claim: { type: 'nvidia-l4' }, count: 1 },
    });
    return { kind: 'Deployment', field: 'resourceClaimTemplateName' };
  },
  'HPA tolerance': (platform) => {
    const server = new ModelServer(platform, 'retrieval', {
      model: { name: 'two-tower', version: '7', uri: 's3://models/two-tower/7', size: '1Gi' },
      runtime: tensorflowServing({ version: '2.19.1' }),
    });
    server.autoscale(autoscaleOnResources({ replicas: [2, 4], cpu: '60%', tolerance: '5%' }));
    return { kind: 'HorizontalPodAutoscaler', field: 'tolerance' };
  },
  'Job success policy': (platform) => {
    new TrainingJob(platform, 'retraining', {
      image: 'registry.example.com/shop/dlrm-trainer:1.0.0',
      command: ['torchrun', 'train.py'],
      nodes: 4,
      minNodes: 2,
      resources: { cpu: '16', memory: '64Gi' },
      checkpoints: { claim: 'checkpoints', every: '10m' },
    });
    // It knows the field, which is off there.
    return { kind: 'Job', field: 'successPolicy', dropped: true };
  },
  'image volumes': (platform) => {
    const uri = `oci://registry.example.com/shop/two-tower@sha256:${'a'.repeat(64)}` as const;
    new ModelServer(platform, 'retrieval', {
      model: { name: 'two-tower', version: '7', uri, size: '1Gi' },
      runtime: tensorflowServing({ version: '2.19.1' }),
    });
    return { kind: 'Deployment', field: 'image' };
  },
};

const features = Object.keys(FEATURES) as (keyof typeof FEATURES)[];

function using(feature: keyof typeof FEATURES, kubernetes: string) {
  const app = new App();
  const platform = new Platform(app, 'features', {
    cluster: { kubernetes, addons: ['metrics-server', 'nvidia-dra-driver'] },
  });
  return { app, ...USES[feature](platform) };
}

test.each(features)('%s is kept by the newest version', async (feature) => {
  const { app, kind, field } = using(feature, KUBERNETES.newest);
  const manifests = synthesize(app);
  try {
    for (const manifest of manifests.all) await newest.apply(manifest);
    for (const manifest of manifests.ofKind(kind)) {
      expect(JSON.stringify((await newest.get(manifest)).spec)).toContain(`"${field}":`);
    }
  } finally {
    await deleteAll(newest, manifests.all);
  }
});

test.each(features)('%s is refused by the oldest version, and by the library before', async (feature) => {
  const { app, kind, field, dropped } = using(feature, KUBERNETES.newest);
  const [namespace] = synthesize(app).ofKind('Namespace');
  if (namespace !== undefined) await oldest.apply(namespace);
  for (const manifest of synthesize(app).ofKind(kind)) {
    if (dropped) {
      await oldest.apply(manifest);
      expect((await oldest.get(manifest)).spec).not.toHaveProperty(field);
      continue;
    }
    await expect(oldest.apply(manifest)).rejects.toThrow(`${field}: field not declared in schema`);
  }
  expect(() => synthesize(using(feature, KUBERNETES.oldest).app)).toThrow(
    `must run on Kubernetes ${FEATURES[feature]} or newer, got ${KUBERNETES.oldest}`,
  );
});
