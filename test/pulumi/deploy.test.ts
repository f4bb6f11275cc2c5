import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as kubernetes from '@pulumi/kubernetes';
import * as pulumi from '@pulumi/pulumi';
import { ApiObject, App, Chart } from 'cdk8s';
import { ModelArtifact, ModelServer, Platform, s3Uri, triton } from '../../lib';
import { deploy } from '../../lib/pulumi';
import { synthesize } from '../../lib/testing';
import shop from '../../stacks/shop';
import { type Registered, register, startMocks } from './mocks';

const ENVIRONMENTS = join(__dirname, '..', '..', 'stacks', 'environments');
const environments = readdirSync(ENVIRONMENTS).filter((file) => file.endsWith('.yaml'));
const build = (environment: string) => shop.build(join(ENVIRONMENTS, environment));
const CLUSTER = { kubernetes: '1.33' };

let warnings: string[];
beforeAll(startMocks);
beforeEach(() => {
  warnings = [];
  jest.spyOn(console, 'warn').mockImplementation((text: string) => {
    warnings.push(text);
  });
});
afterEach(() => jest.restoreAllMocks());

function byName(registered: readonly Registered[], name: string): Registered {
  const found = registered.find((resource) => resource.name === name);
  if (found === undefined)
    throw new Error(`no ${name} among ${registered.map((resource) => resource.name).join(', ')}`);
  return found;
}

function chartWith(...objects: { id: string; kind?: string; data?: Record<string, string> }[]): App {
  const app = new App();
  const chart = new Chart(app, 'c', { namespace: 'shop' });
  for (const { id, kind = 'ConfigMap', data } of objects) {
    new ApiObject(chart, id, { apiVersion: 'v1', kind, metadata: { name: id }, ...(data ? { data } : {}) });
  }
  return app;
}

test.each(environments)('%s: Pulumi is given exactly the objects that synth writes', async (environment) => {
  const registered = await register(() => deploy(build(environment)));
  const key = ({ kind, metadata }: { kind: string; metadata: { name: string } }) => `${kind}/${metadata.name}`;
  const given = Object.fromEntries(registered.map(({ inputs }) => [key(inputs as never), inputs]));
  const written = Object.fromEntries(synthesize(build(environment)).all.map((manifest) => [key(manifest), manifest]));
  expect(given).toEqual(written);
});

test('a resource has the construct path as its name, and the class of its kind', async () => {
  const registered = await register(() => deploy(build('production.yaml')));
  expect(byName(registered, 'shop/namespace').type).toBe('kubernetes:core/v1:Namespace');
  expect(byName(registered, 'shop/ranker/deployment').type).toBe('kubernetes:apps/v1:Deployment');
  expect(byName(registered, 'shop/ranker/network-policy').type).toBe('kubernetes:networking.k8s.io/v1:NetworkPolicy');
  expect(byName(registered, 'shop/ranker/autoscaler').type).toBe('kubernetes:autoscaling/v2:HorizontalPodAutoscaler');
  expect(byName(registered, 'shop/monitoring/prometheus/role').type).toBe(
    'kubernetes:rbac.authorization.k8s.io/v1:Role',
  );
});

test('a kind that Kubernetes does not bring is a custom resource, also in a group that sounds like one of its own', async () => {
  const app = new App();
  const chart = new Chart(app, 'c');
  const custom = (id: string, apiVersion: string, kind: string) =>
    new ApiObject(chart, id, { apiVersion, kind, metadata: { name: id } });
  custom('monitor', 'monitoring.coreos.com/v1', 'ServiceMonitor');
  custom('ingress', 'networking.example.com/v1', 'Ingress');
  const registered = await register(() => deploy(app));
  expect(byName(registered, 'c/monitor').type).toBe('kubernetes:monitoring.coreos.com/v1:ServiceMonitor');
  expect(byName(registered, 'c/ingress').type).toBe('kubernetes:networking.example.com/v1:Ingress');
});

test('each object waits for exactly what it refers to', async () => {
  const registered = await register(() => deploy(build('production.yaml')));
  expect(byName(registered, 'shop/namespace').dependsOn).toEqual([]);
  expect(byName(registered, 'shop/ranker/service/Resource').dependsOn).toEqual(['shop/namespace']);
  expect([...byName(registered, 'shop/ranker/deployment').dependsOn].sort()).toEqual([
    'shop/namespace',
    'shop/ranker/config-map/Resource',
    'shop/ranker/service-account/Resource',
  ]);
  expect([...byName(registered, 'shop/ranker/autoscaler').dependsOn].sort()).toEqual([
    'shop/namespace',
    'shop/ranker/deployment',
  ]);
  expect([...byName(registered, 'shop/ranker-retraining/cron-job').dependsOn].sort()).toEqual([
    'shop/claim-checkpoints',
    'shop/namespace',
    'shop/ranker-retraining/service',
    'shop/ranker-retraining/service-account/Resource',
  ]);
  expect([...byName(registered, 'shop/monitoring/prometheus/cluster-role-binding').dependsOn].sort()).toEqual([
    'shop/monitoring/prometheus/cluster-role',
    'shop/monitoring/prometheus/server/service-account/Resource',
  ]);
});

test('the options of the caller reach every resource, beside its own dependencies', async () => {
  const registered = await register(() => {
    const provider = new kubernetes.Provider('cluster', { kubeconfig: '{}' });
    const before = new kubernetes.core.v1.ConfigMap('before', {}, { provider });
    deploy(build('dev.yaml'), { provider, dependsOn: before });
  });
  const own = registered.filter(({ name }) => name.startsWith('shop/'));
  expect(own).toHaveLength(51);
  for (const { provider, dependsOn } of own) {
    expect(provider).toMatch(/pulumi:providers:kubernetes::cluster::cluster-id$/);
    expect(dependsOn).toContain('before');
  }
  expect(byName(own, 'shop/ranker/autoscaler').dependsOn).toContain('shop/ranker/deployment');
});

test('the resources come back by construct path, so that a program can go on with them', async () => {
  let status: unknown;
  await register(() => {
    const resources = deploy(chartWith({ id: 'a' }));
    expect([...resources.keys()]).toEqual(['c/a']);
    status = resources.get('c/a');
  });
  expect(status).toBeInstanceOf(kubernetes.core.v1.ConfigMap);
});

test('deferred values are put into their places, also inside other text', async () => {
  const registered = await register(() => {
    const app = new App();
    const shop = new Platform(app, 'shop', { cluster: CLUSTER });
    new ModelServer(shop, 'ranker', {
      model: ModelArtifact.of({
        name: 'dlrm',
        version: '42',
        uri: s3Uri(pulumi.output('created-bucket'), 'dlrm/42'),
        size: '1Gi',
        store: { endpoint: pulumi.output('https://minio.example.com') },
      }),
      runtime: triton({ version: '25.08', image: pulumi.output('registry.example.com/triton:1') }),
      identity: { annotations: { 'eks.amazonaws.com/role-arn': pulumi.output('arn:aws:iam::1:role/ranker') } },
    });
    deploy(app);
  });
  const { spec } = byName(registered, 'shop/ranker/deployment').inputs as {
    spec: { template: { spec: { containers: { image: string }[]; initContainers: { env: object[] }[] } } };
  };
  expect(spec.template.spec.containers[0]?.image).toBe('registry.example.com/triton:1');
  expect(spec.template.spec.initContainers[0]?.env).toEqual(
    expect.arrayContaining([
      { name: 'MODEL_SOURCE', value: 'store:created-bucket/dlrm/42' },
      { name: 'RCLONE_CONFIG_STORE_ENDPOINT', value: 'https://minio.example.com' },
    ]),
  );
  expect(byName(registered, 'shop/ranker/service-account/Resource').inputs).toMatchObject({
    metadata: { annotations: { 'eks.amazonaws.com/role-arn': 'arn:aws:iam::1:role/ranker' } },
  });
});

test('a secret value stays secret on its way to the engine, also inside other text', async () => {
  const registered = await register(() => {
    const app = new App();
    const shop = new Platform(app, 'shop', { cluster: CLUSTER });
    new ModelServer(shop, 'ranker', {
      model: { name: 'dlrm', version: '42', uri: 'pvc://models/dlrm', size: '1Gi' },
      runtime: triton({ version: '25.08' }),
      identity: { annotations: { token: pulumi.secret('hush') } },
    });
    deploy(app);
  });
  const { annotations } = byName(registered, 'shop/ranker/service-account/Resource').inputs.metadata as {
    annotations: { token: object };
  };
  // The signature by which Pulumi's wire protocol marks a secret.
  expect(annotations.token).toEqual({
    '4dabf18193072939515e22adb298388d': '1b47061264138c4ac30d75fd1eb44270',
    value: 'hush',
  });
});

test('what is wrong with the tree is one RunError, of which Pulumi prints no stack trace, and nothing is registered', async () => {
  let thrown: unknown;
  const registered = await register(() => {
    try {
      deploy(() => build('nowhere.yaml'));
    } catch (error) {
      thrown = error;
    }
  });
  expect(pulumi.RunError.isInstance(thrown)).toBe(true);
  expect(thrown).toMatchObject({
    message: expect.stringMatching(/nowhere\.yaml\] must be an environment file, but does not/),
  });
  expect(registered).toEqual([]);
});

test('warnings are shown by Pulumi as warnings', async () => {
  await register(() => deploy(build('edge.yaml')));
  expect(warnings).toContain(
    "warning: [runtime] [shop] image 'prom/prometheus:v3.14.0' has no digest: add it to images.lock, so that what was tested is what runs",
  );
});
