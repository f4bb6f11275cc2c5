import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { App } from 'cdk8s';
import type { PodSpec } from 'kubernetes-types/core/v1';
import { parseAllDocuments } from 'yaml';
import { autoscaleOnResources, ModelServer, type ModelServerProps, Platform, rayServe, triton } from '../../../lib';
import { ENGINES } from '../../../lib/serving/engines';
import type { Manifest } from '../../../lib/synth/manifest';
import { type Manifests, synthesize } from '../../../lib/testing';
import { locate } from '../../../tools/build';
import { sourceDir } from '../../../tools/crds';
import { builtOf } from '../harness/built';
import { Client } from '../harness/client';
import { cluster } from '../harness/cluster';
import { installCrds } from '../harness/crds';
import { eventually } from '../harness/eventually';
import { addNodes, cpuNodes, removeNodes } from '../harness/nodes';
import { freePorts } from '../harness/ports';
import { Program } from '../harness/process';
import { applyAll, deleteAll, type Pod } from '../harness/workloads';
import { Workspace } from '../harness/workspace';

/** The controllers that are built already: they are not of the core tier. */
const built = builtOf(['kserve', 'kuberay']);
const client = new Client(cluster());
const nodes = cpuNodes(3);
const workspace = new Workspace();
const running: Program[] = [];

/** A server called ranker in a namespace of its own, which admits restricted pods only. */
function ranker(namespace: string, props: Partial<ModelServerProps>, scaled = false): Manifests {
  const app = new App();
  const addons = ['kserve', 'kuberay', 'metrics-server'] as const;
  const server = new ModelServer(new Platform(app, namespace, { cluster: { kubernetes: '1.37', addons } }), 'ranker', {
    model: { name: 'dlrm', version: '42', uri: 's3://models/dlrm/42', size: '2Gi' },
    runtime: triton({ version: '25.08' }),
    replicas: 3,
    ...props,
  });
  if (scaled) server.autoscale(autoscaleOnResources({ replicas: [4, 6], cpu: '60%' }));
  return synthesize(app);
}

beforeAll(() => addNodes(client, nodes));
afterAll(async () => {
  for (const program of running) await program.stop();
  await workspace.stop();
  await removeNodes(client, nodes);
});

function start(name: string, path: string, args: readonly string[], env: Record<string, string>): Program {
  const program = new Program(path, { args, env, log: join(workspace.folder, `${name}.log`), cwd: workspace.folder });
  running.push(program);
  return program;
}

interface LivePod extends Pod {
  readonly spec: PodSpec & { readonly nodeName?: string };
}

/** The pods that Services, budgets, network policies and monitoring find, once there are `count`, all ready. */
async function readyPods(namespace: string, count: number): Promise<LivePod[]> {
  return eventually(
    async () => {
      const pods = (await client.list<LivePod>('v1', 'Pod', namespace)).filter(
        ({ metadata }) =>
          metadata.labels?.['app.kubernetes.io/name'] === 'ranker' &&
          metadata.labels['app.kubernetes.io/part-of'] === namespace &&
          metadata.labels['app.kubernetes.io/component'] === 'model-server',
      );
      const ready = pods.filter(({ status }) =>
        status.conditions?.some(({ type, status: met }) => type === 'Ready' && met === 'True'),
      );
      expect(ready).toHaveLength(count);
      return ready;
    },
    { seconds: 60 },
  );
}

const reference = (apiVersion: string, kind: string, namespace: string, name = 'ranker') => ({
  apiVersion,
  kind,
  metadata: { name, namespace },
});

async function budgetAllowsOne(namespace: string, expectedPods: number): Promise<void> {
  await eventually(async () => {
    const { status } = await client.get<{ status: object }>(reference('policy/v1', 'PodDisruptionBudget', namespace));
    expect(status).toMatchObject({ expectedPods, disruptionsAllowed: 1 });
  });
}

function named(engine: keyof typeof ENGINES, pods: readonly LivePod[]): void {
  const pattern = new RegExp(`^(?:${ENGINES[engine].pods('ranker')})$`);
  expect(pods.map(({ metadata }) => metadata.name).filter((name) => !pattern.test(name))).toEqual([]);
  for (const { spec } of pods) expect(spec.containers.map(({ name }) => name)).toEqual([ENGINES[engine].container]);
}

(built.includes('kserve') ? describe : describe.skip)('KServe', () => {
  const fixed = ranker('kserve-fixed', { engine: 'kserve', supply: 'scarce' });
  const scaled = ranker('kserve-scaled', { engine: 'kserve' }, true);
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kserve' } };
  let webhooks: Manifest[] = [];

  beforeAll(async () => {
    const program = await locate('kserve');
    await installCrds(client, 'kserve');
    const source = await sourceDir('kserve');
    const config = manifestsIn(join(source, 'config/configmap/inferenceservice.yaml'));
    await applyAll(client, [namespace, ...config]);
    const [webhook = 0, probe = 0] = await freePorts(2);
    const certificates = join(workspace.folder, 'k8s-webhook-server', 'serving-certs');
    mkdirSync(certificates, { recursive: true });
    const { caFile, kubeconfig } = cluster();
    copyFileSync(caFile, join(certificates, 'tls.crt'));
    copyFileSync(join(dirname(caFile), 'apiserver.key'), join(certificates, 'tls.key'));
    webhooks = webhooksOf(join(source, 'config/webhook/manifests.yaml'), `https://127.0.0.1:${webhook}`, caFile);
    const controller = start(
      'kserve',
      program,
      ['--metrics-addr=0', `--webhook-port=${webhook}`, `--health-probe-addr=127.0.0.1:${probe}`],
      { KUBECONFIG: kubeconfig, TMPDIR: workspace.folder, POD_NAMESPACE: 'kserve' },
    );
    await controller.ready(async () => {
      if (!(await fetch(`http://127.0.0.1:${probe}/readyz`)).ok) throw new Error('not ready');
    });
    await applyAll(client, webhooks);
    await applyAll(client, [...fixed.all, ...scaled.all]);
  });
  afterAll(async () => {
    try {
      await deleteAll(client, [...fixed.all, ...scaled.all]);
    } finally {
      // Without their server they would refuse what other suites apply.
      await deleteAll(client, [namespace, ...webhooks]);
    }
  });

  test('makes the pods that our selectors, budget and monitoring expect, in a restricted namespace', async () => {
    const pods = await readyPods('kserve-fixed', 3);
    named('kserve', pods);
    await budgetAllowsOne('kserve-fixed', 3);
    for (const { spec } of pods) {
      expect(spec.initContainers?.map(({ name }) => name)).toEqual(['pull-model']);
      expect(spec.containers[0]?.ports?.map(({ name, containerPort }) => [name, containerPort])).toEqual([
        ['http', 8000],
        ['grpc', 8001],
        ['metrics', 8002],
      ]);
    }
  });

  test('scarce room and slow starts: strategy, start-up probe and readiness arrive in its Deployment (kserve#4618, kserve#3795, kserve#5677)', async () => {
    const { spec } = await client.get<Deployed>(reference('apps/v1', 'Deployment', 'kserve-fixed', 'ranker-predictor'));
    expect(spec).toMatchObject({
      replicas: 3,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
    });
    const [server] = (fixed.get('InferenceService', 'ranker').spec as { predictor: PodSpec }).predictor.containers;
    const [deployed] = spec.template.spec.containers;
    expect(deployed?.startupProbe).toMatchObject(server?.startupProbe ?? { missing: true });
    expect(deployed?.readinessProbe).toMatchObject({ periodSeconds: 5, failureThreshold: 3, timeoutSeconds: 3 });
    // Its webhook adds a limit of one core where there is none, which is below what the server asks for.
    expect(deployed?.resources).toEqual(server?.resources);
  });

  test("leaves the server's own Service, beside which its own is, and opens no way from outside", async () => {
    await eventually(async () => {
      const slices = await client.list<EndpointSlice>('discovery.k8s.io/v1', 'EndpointSlice', 'kserve-fixed');
      const own = slices.filter(({ metadata }) => metadata.labels['kubernetes.io/service-name'] === 'ranker');
      expect(own.flatMap(({ endpoints }) => endpoints ?? [])).toHaveLength(3);
    });
    const services = await client.list('v1', 'Service', 'kserve-fixed');
    expect(services.map(({ metadata }) => metadata.name).sort()).toEqual(['ranker', 'ranker-predictor']);
    expect(await client.list('networking.k8s.io/v1', 'Ingress', 'kserve-fixed')).toEqual([]);
  });

  test('makes no autoscaler where nothing scales, and none beside ours', async () => {
    const autoscalers = (namespace: string) => client.list('autoscaling/v2', 'HorizontalPodAutoscaler', namespace);
    expect(await autoscalers('kserve-fixed')).toEqual([]);
    // The autoscaler raises it to its minimum, and KServe doesn't set it back.
    await readyPods('kserve-scaled', 4);
    await budgetAllowsOne('kserve-scaled', 4);
    const isvc = reference('serving.kserve.io/v1beta1', 'InferenceService', 'kserve-scaled');
    await client.patch(isvc, { metadata: { labels: { touched: 'yes' } } });
    const target = reference('apps/v1', 'Deployment', 'kserve-scaled', 'ranker-predictor');
    await eventually(async () => expect((await client.get(target)).metadata.labels).toMatchObject({ touched: 'yes' }));
    expect((await client.get<Deployed>(target)).spec.replicas).toBe(4);
    const [hpa, ...others] = await autoscalers('kserve-scaled');
    expect([hpa?.metadata.name, others]).toEqual(['ranker', []]);
  });
});

(built.includes('kuberay') ? describe : describe.skip)('KubeRay', () => {
  const manifests = ranker('kuberay', {
    engine: 'ray-service',
    runtime: rayServe({ version: '2.60.0', application: 'ranker:app' }),
  });

  beforeAll(async () => {
    const program = await locate('kuberay');
    await installCrds(client, 'kuberay');
    const [metrics = 0, probe = 0] = await freePorts(2);
    const operator = start(
      'kuberay',
      program,
      [
        `--metrics-addr=127.0.0.1:${metrics}`,
        `--health-probe-bind-address=127.0.0.1:${probe}`,
        '--enable-leader-election=false',
      ],
      { KUBECONFIG: cluster().kubeconfig },
    );
    await operator.ready(async () => {
      if (!(await fetch(`http://127.0.0.1:${probe}/readyz`)).ok) throw new Error('not ready');
    });
    await applyAll(client, manifests.all);
  });
  afterAll(async () => {
    await deleteAll(client, manifests.all);
  });

  test('makes a head and workers that our selectors, budget and monitoring expect, in a restricted namespace', async () => {
    const pods = await readyPods('kuberay', 4);
    named('ray-service', pods);
    // A budget of what may be missing would allow none: a RayCluster has no scale.
    await budgetAllowsOne('kuberay', 4);
    const kinds = pods.map(({ metadata }) => metadata.labels?.['ray.io/node-type']);
    expect(kinds.sort()).toEqual(['head', 'worker', 'worker', 'worker']);
  });

  test('starts Ray on the ports that the policy, the Service and monitoring know, with our probes and the copied model', async () => {
    for (const { metadata, spec } of await readyPods('kuberay', 4)) {
      const isHead = metadata.labels?.['ray.io/node-type'] === 'head';
      const [node] = spec.containers;
      expect(node?.args?.join(' ')).toContain(isHead ? 'ray start --head' : 'ray start ');
      expect(node?.args?.join(' ')).toContain('--metrics-export-port=8080');
      expect(node?.ports).toContainEqual({ name: 'metrics', containerPort: 8080, protocol: 'TCP' });
      expect(node?.ports).toContainEqual({ name: 'serve', containerPort: 8000, protocol: 'TCP' });
      // None of its own: they need wget, and give up after one failure (as kserve#5677).
      expect(JSON.stringify([node?.readinessProbe, node?.livenessProbe])).not.toContain('wget');
      expect(spec.initContainers?.map(({ name }) => name)).toEqual([
        'pull-model',
        ...(isHead ? [] : ['wait-gcs-ready']),
      ]);
      const mounted = node?.volumeMounts?.map(({ mountPath }) => mountPath).filter((path) => path === '/dev/shm');
      expect(mounted).toEqual(['/dev/shm']);
    }
  });
});

interface Deployed {
  readonly spec: {
    readonly replicas: number;
    readonly strategy: object;
    readonly template: { readonly spec: PodSpec };
  };
}

interface EndpointSlice {
  readonly metadata: { readonly labels: Readonly<Record<string, string>> };
  readonly endpoints: readonly object[] | null;
}

function manifestsIn(file: string): Manifest[] {
  return parseAllDocuments(readFileSync(file, 'utf8')).flatMap((document) => document.toJS() ?? []);
}

/** The webhooks of a release, on loopback instead of behind a Service. */
function webhooksOf(file: string, url: string, caFile: string): Manifest[] {
  const caBundle = readFileSync(caFile).toString('base64');
  return manifestsIn(file).map((configuration) => ({
    ...configuration,
    webhooks: (Reflect.get(configuration, 'webhooks') as { clientConfig: { service: { path: string } } }[]).map(
      ({ clientConfig, ...hook }) => ({
        ...hook,
        admissionReviewVersions: ['v1'],
        clientConfig: { url: `${url}${clientConfig.service.path}`, caBundle },
      }),
    ),
  }));
}
