import * as pulumi from '@pulumi/pulumi';
import { App } from 'cdk8s';
import {
  autoscaleOnResources,
  ModelServer,
  type ModelServerProps,
  Monitoring,
  Platform,
  TrainingJob,
  tensorflowServing,
  triton,
  vllm,
} from '../../lib';
import { startMocks } from './mocks';

/*
 * Every prop of every construct is given a Pulumi Output, one at a time. Those that say Deferred in their types take
 * it; all others refuse it by name. A new prop must be added here, and so is thought about.
 */

beforeAll(startMocks);

const CLUSTER = { kubernetes: '1.33', distribution: 'eks', addons: ['metrics-server'], gpus: ['nvidia-l4'] } as const;
const MODEL = {
  name: 'dlrm',
  version: '42',
  uri: 's3://models/dlrm/42',
  size: '1Gi',
  sha256: 'a'.repeat(64),
  store: {
    endpoint: 'https://minio.example.com',
    region: 'eu-central-1',
    credentials: { accessKeyId: { name: 'keys', key: 'id' }, secretAccessKey: { name: 'keys', key: 'secret' } },
  },
} as const;
const shop = () => new Platform(new App(), 'shop', { cluster: CLUSTER });

interface Subject {
  readonly make: (props: never) => unknown;
  readonly props: object;
  readonly takes: readonly string[];
}

const SUBJECTS: Record<string, Subject> = {
  Platform: {
    make: (props) => new Platform(new App(), 'shop', props),
    props: {
      namespace: 'shop',
      cluster: CLUSTER,
      labels: { team: 'search' },
      images: { 'a:1': `sha256:${'0'.repeat(64)}` },
      production: true,
      ownNamespace: true,
    },
    takes: [],
  },
  ModelServer: {
    make: (props: ModelServerProps) =>
      new ModelServer(shop(), 'ranker', { ...props, runtime: triton({ version: '25.08' }) }),
    props: {
      model: MODEL,
      replicas: 3,
      gpu: { count: 1, type: 'nvidia-l4' },
      resources: { cpu: '4', memory: '8Gi' },
      startup: { pullPerSecond: '50Mi', loadPerSecond: '200Mi', warmUp: '30s' },
      identity: { annotations: { role: 'arn' } },
      priorityClass: 'serving',
    },
    takes: ['model.store.endpoint', 'identity.annotations.role'],
  },
  TrainingJob: {
    make: (props) => new TrainingJob(shop(), 'training', props),
    props: {
      image: 'registry.example.com/trainer:1',
      command: ['torchrun', 'train.py'],
      nodes: 2,
      gpusPerNode: 1,
      gpuType: 'nvidia-l4',
      resources: { cpu: '4', memory: '8Gi' },
      sharedMemory: '1Gi',
      env: { DATA: 's3://data' },
      checkpoints: { claim: 'checkpoints', every: '10m' },
      schedule: '0 2 * * *',
      timeZone: 'Asia/Shanghai',
      retries: 3,
      fatalExitCodes: [64],
      deadline: '24h',
      keepFinished: '24h',
      priorityClass: 'training',
    },
    takes: ['image', 'env.DATA'],
  },
  Monitoring: {
    make: (props) => new Monitoring(shop(), 'monitoring', props),
    props: {
      prometheus: {
        retention: '15d',
        storage: '50Gi',
        resources: { cpu: '500m', memory: '2Gi' },
        image: 'prom/prometheus:v3.14.0',
      },
      alertmanager: { webhook: { name: 'alerts', key: 'url' }, image: 'prom/alertmanager:v0.34.0' },
      grafana: { adminPassword: { name: 'grafana', key: 'password' }, image: 'grafana/grafana:12.4.10' },
    },
    takes: ['prometheus.image', 'alertmanager.image', 'grafana.image'],
  },
  autoscaleOnResources: {
    make: autoscaleOnResources,
    props: { replicas: [1, 2], cpu: '60%', memory: '80%', behavior: 'steady', tolerance: '5%' },
    takes: [],
  },
  triton: { make: triton, props: { version: '25.08', image: 'a/b:1' }, takes: ['image'] },
  tensorflowServing: { make: tensorflowServing, props: { version: '2.19.1', image: 'a/b:1' }, takes: ['image'] },
  vllm: { make: vllm, props: { version: '0.33.0', image: 'a/b:1', maxModelLen: 8192 }, takes: ['image'] },
};

type Path = readonly (string | number)[];

function leaves(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([key, item]) =>
    leaves(item, [...path, Array.isArray(value) ? Number(key) : key]),
  );
}

function withAt(value: unknown, [key, ...rest]: Path, replacement: unknown): unknown {
  if (key === undefined) return replacement;
  const copy = Array.isArray(value) ? [...value] : { ...(value as object) };
  Reflect.set(copy, key, withAt(Reflect.get(copy, key), rest, replacement));
  return copy;
}

const dotted = (path: Path) =>
  path.map((key, i) => (typeof key === 'number' ? `[${key}]` : `${i ? '.' : ''}${key}`)).join('');

const CASES = Object.entries(SUBJECTS).flatMap(([name, subject]) =>
  leaves(subject.props).map((path) => [name, dotted(path), subject, path] as const),
);

test.each(Object.entries(SUBJECTS))('%s: the props of this test are valid as they are', (_name, { make, props }) => {
  expect(() => make(props as never)).not.toThrow();
});

test.each(CASES)('%s.%s takes a Pulumi Output, or refuses it by name', (_name, prop, { make, props, takes }, path) => {
  const given = withAt(props, path, pulumi.output('later'));
  if (takes.includes(prop)) expect(() => make(given as never)).not.toThrow();
  else {
    expect(() => make(given as never)).toThrow(
      new RegExp(
        `^\\[[^\\]]+\\] ${prop.replace(/[.[\]]/g, '\\$&')} must .*but is a Pulumi Output, known only at apply`,
      ),
    );
  }
});

test('the types say the same as the checks', () => {
  const output = pulumi.output('x');
  const size = output as pulumi.Output<`${number}Gi`>;
  // Accepted: where the type says Deferred.
  const identity: ModelServerProps['identity'] = { annotations: { role: output } };
  const image: Parameters<typeof triton>[0]['image'] = output;
  // @ts-expect-error a size is used in arithmetic
  const model: ModelServerProps['model'] = { ...MODEL, size };
  // @ts-expect-error a version is part of labels
  const version: Parameters<typeof triton>[0]['version'] = output;
  expect([identity, image, model, version]).toHaveLength(4);
});
