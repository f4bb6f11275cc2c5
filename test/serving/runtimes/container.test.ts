import * as pulumi from '@pulumi/pulumi';
import { type ContainerProps, container } from '../../../lib';
import { holdsPlaceholder } from '../../../lib/core/deferred';
import { model, own, problemsOf } from '../fixtures';

const probe = { path: '/ready', port: 'http' };
const props: ContainerProps = {
  image: 'registry.example.com/shop/ranker:1.4.2',
  ports: { http: 8080 },
  probes: { startup: probe, readiness: probe, liveness: probe },
  start: ({ folder, gpus, artifact }) => ({
    command: ['/server'],
    args: [`--model=${folder}`, `--gpus=${gpus}`, `--version=${artifact.version}`],
  }),
};

test('what is left out is half a minute of warm-up and of drain, and /tmp to write to', () => {
  expect(container(props)).toMatchObject({
    name: 'container',
    image: 'registry.example.com/shop/ranker:1.4.2',
    ports: { http: 8080 },
    probes: { startup: probe, readiness: probe, liveness: probe },
    warmUpSeconds: 30,
    drainSeconds: 30,
    writablePaths: ['/tmp'],
  });
  expect(container(props)).not.toHaveProperty('metrics');
  expect(container(props)).not.toHaveProperty('sharedMemory');
});

test('every prop arrives in the runtime', () => {
  const metrics = { port: 'admin', path: '/metrics', queued: { name: 'queue_length' } };
  const runtime = container({
    ...props,
    ports: { http: 8080, grpc: 9000, admin: 9090 },
    probes: { startup: { grpc: 'grpc' }, readiness: probe, liveness: probe },
    warmUp: '2m',
    drain: '90s',
    writablePaths: ['/var/cache', '/tmp'],
    sharedMemory: '4Gi',
    metrics,
  });
  expect(runtime).toMatchObject({
    ports: { http: 8080, grpc: 9000, admin: 9090 },
    probes: { startup: { grpc: 'grpc' } },
    warmUpSeconds: 120,
    drainSeconds: 90,
    writablePaths: ['/var/cache', '/tmp'],
    sharedMemory: '4Gi',
  });
  expect(runtime.metrics?.({ artifact: model(), gpus: 0, slos: [] })).toEqual(metrics);
});

test('times below a second are rounded up, and never to nothing', () => {
  expect(container({ ...props, warmUp: '10ms', drain: '1500ms' })).toMatchObject({ warmUpSeconds: 1, drainSeconds: 2 });
});

test('the start is asked for with the model in place', () => {
  const runtime = container(props);
  const folder = runtime.modelFolder(model());
  expect(folder).toBe('/models/dlrm');
  expect(runtime.start({ artifact: model(), folder, gpus: 2, slos: [] })).toEqual({
    command: ['/server'],
    args: ['--model=/models/dlrm', '--gpus=2', '--version=42'],
  });
});

test('an image may be known only at apply', () => {
  expect(holdsPlaceholder(container({ ...props, image: pulumi.output('shop/ranker:1') }).image)).toBe(true);
});

test('everything that is wrong is told at once', () => {
  const wrong = {
    image: 'shop/ranker:latest',
    ports: { http: 0, grpc: 65536 },
    probes: { startup: {}, readiness: { path: 'ready', port: 'http' }, liveness: { grpc: 9000 } },
    start: '/server',
    warmUp: '30',
    drain: 30,
    writablePaths: ['tmp'],
    sharedMemory: '64',
  };
  expect(problemsOf(() => container(wrong as never))).toEqual([
    "[container] image must be an image with an exact tag or a digest, got 'shop/ranker:latest': " +
      "like 'registry.example.com/shop/trainer:1.4.2'; 'latest' changes under your feet",
    '[container] ports.http must be a whole number of a port, from 1 to 65535, got 0',
    '[container] ports.grpc must be a whole number of a port, from 1 to 65535, got 65536',
    "[container] probes.startup must be { path, port } or { grpc: port }, with an absolute path and a port's name, got {}",
    "[container] probes.readiness must be { path, port } or { grpc: port }, with an absolute path and a port's name, got " +
      '{"path":"ready","port":"http"}',
    '[container] probes.liveness must be { path, port } or { grpc: port }, with an absolute path and a port\'s name, got {"grpc":9000}',
    "[container] start must be a function from the model in place to { command, args, env }, got '/server'",
    "[container] warmUp must be a duration with one unit, like '30s', got '30': units are ms s m h d",
    "[container] drain must be a duration with one unit, like '30s', got 30: units are ms s m h d",
    "[container] writablePaths[0] must be an absolute path, like '/tmp', got 'tmp'",
    "[container] sharedMemory must be an amount with a unit, like '64Gi' or '500M', got '64': " +
      'units are Ki Mi Gi Ti Pi and k M G T P',
  ]);
});

test('names of ports that Kubernetes refuses are refused', () => {
  for (const name of ['Http', 'a-port-name-too-long', '8080', '-http', 'http-', 'my_port', '']) {
    expect(problemsOf(() => container({ ...props, ports: { [name]: 8080 } }))).toHaveLength(1);
  }
  for (const name of ['http', 'h2c', '9p', 'grpc-web', 'fifteen-letters']) {
    expect(problemsOf(() => container({ ...props, ports: { http: 80, [name]: 8080 } }))).toEqual([]);
  }
});

test('a bad name of a port is refused in the house form', () => {
  expect(problemsOf(() => container({ ...props, ports: { Http: 8080 } }))).toEqual([
    "[container] ports.Http must be a port's name of at most 15 characters, got 'Http'",
  ]);
});

test('a name of a port with two hyphens in a row, which the API server refuses, is refused', () => {
  expect(problemsOf(() => container({ ...props, ports: { http: 8080, 'a--b': 8081 } }))).toEqual([
    "[container] ports.a--b must be a port's name of at most 15 characters, got 'a--b'",
  ]);
});

test('a probe of a port that the server does not have is refused', () => {
  const probes = { startup: { grpc: 'grcp' }, readiness: { path: '/ready', port: 'htpp' }, liveness: probe };
  expect(problemsOf(() => container({ ...props, ports: { http: 8080, grpc: 9000 }, probes }))).toEqual([
    "[container] probes.startup.grpc must be one of the ports http, grpc, got 'grcp'",
    "[container] probes.readiness.port must be one of the ports http, grpc, got 'htpp': did you mean 'http'?",
  ]);
});

test('metrics on a port that the server does not have are refused', () => {
  expect(problemsOf(() => container({ ...props, metrics: { port: 'metrics', path: '/metrics' } }))).toEqual([
    "[container] metrics.port must be one of the ports http, got 'metrics'",
  ]);
});

test('metrics that are none are refused', () => {
  expect(problemsOf(() => container({ ...props, metrics: 'prometheus' as never }))).toEqual([
    "[container] metrics must be what the server exposes, { port, path, … }, got 'prometheus'",
  ]);
});

test('one number under two names, which a Service refuses, is refused', () => {
  expect(problemsOf(() => container({ ...props, ports: { http: 8080, metrics: 8080 } }))).toEqual([
    '[container] ports must have each number once, got {"http":8080,"metrics":8080}: one name is enough for a port',
  ]);
});

test('a server without a port is refused where it is described', () => {
  expect(problemsOf(() => own({ ports: {} }))).toEqual(['[container] ports must have at least one port, got {}']);
});

test.each([
  ['one path twice', { writablePaths: ['/tmp', '/tmp'] }, 'must have each path once, got ["/tmp","/tmp"]'],
  [
    'the folder of the model',
    { writablePaths: ['/models'] },
    'must be outside of /models, got ["/models"]: the model lies there, read-only',
  ],
  [
    '/dev/shm beside its size',
    { writablePaths: ['/tmp', '/dev/shm'], sharedMemory: '1Gi' },
    'must be without /dev/shm, which sharedMemory makes writable: leave one of them out',
  ],
] as const)('what would be mounted twice is refused: %s', (_what, more, text) => {
  expect(problemsOf(() => container({ ...props, ...more }))).toEqual([`[container] writablePaths ${text}`]);
});
