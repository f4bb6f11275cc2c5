import { rayServe, Slo } from '../../../lib';
import { envOf, model, objectsOf, podOf, problemsOf, ranker, serverContainer } from '../fixtures';

const runtime = rayServe({ version: '2.60.0', application: 'ranker:app' });

test('the image is the release of Ray, unless there is one of your own', () => {
  expect(runtime.image).toBe('rayproject/ray:2.60.0');
  expect(runtime.name).toBe('ray-serve');
  const image = 'rayproject/ray:2.60.0-gpu';
  expect(rayServe({ version: '2.60.0', application: 'ranker:app', image }).image).toBe(image);
});

test('it takes traffic when its application runs, which its own health port tells, and lives with its proxy', () => {
  expect(runtime.probes).toEqual({
    startup: { path: '/', port: 'health' },
    readiness: { path: '/', port: 'health' },
    liveness: { path: '/-/healthz', port: 'http' },
  });
});

test('the script is started on the application, whose module may lie in the artifact', () => {
  expect(runtime.start({ artifact: model(), folder: '/models/dlrm', gpus: 0, slos: [] })).toEqual({
    command: ['python'],
    args: ['/etc/recstack/serve.py', 'ranker:app'],
    env: { HOME: '/tmp', MODEL_FOLDER: '/models/dlrm', PYTHONPATH: '/models/dlrm', RAY_USAGE_STATS_ENABLED: '0' },
  });
  expect(runtime.modelFolder(model())).toBe('/models/dlrm');
});

test('the script opens the ports that the runtime states: Ray chooses that of the metrics anew at each start', () => {
  const script = runtime.files?.['serve.py'] ?? '';
  expect(runtime.ports).toEqual({ http: 8000, health: 8001, metrics: 8080 });
  expect(script).toContain("http_options={'host': '0.0.0.0', 'port': 8000}");
  expect(script).toContain("ThreadingHTTPServer(('', 8001), Health)");
  expect(script).toContain('_metrics_export_port=8080');
});

test('requests are finished after SIGTERM: the application leaves before Ray is stopped', () => {
  const script = runtime.files?.['serve.py'] ?? '';
  expect(script).toContain('signal.signal(signal.SIGTERM, stop)\n');
  expect(script).toMatch(/finally:\n {4}serve\.delete\('default'\)\n$/);
  // Ray's own handler, which cuts them off, is set by ray.init.
  expect(script.indexOf('signal.signal(')).toBeGreaterThan(script.indexOf('ray.init('));
  expect(runtime.drainSeconds).toBe(30);
});

test('its object store fits into the shared memory, and only /tmp is written to', () => {
  expect(runtime.files?.['serve.py']).toContain('object_store_memory=2**29,');
  expect(runtime.sharedMemory).toBe('1Gi');
  expect(runtime.writablePaths).toEqual(['/tmp']);
  expect(runtime.warmUpSeconds).toBe(60);
});

const BUCKETS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 1, 2, 5, 10, 60, 120, 300, 600];
const of = (version: string) => rayServe({ version, application: 'ranker:app' });
const slos = [Slo.latency({ under: '30ms', objective: '99%' })];
const metricsOf = (version: string, objectives: Slo[] = []) =>
  of(version).metrics?.({ artifact: model(), gpus: 0, slos: objectives });
const environmentOf = (version: string, objectives: Slo[] = slos) =>
  of(version).start({ artifact: model(), folder: '/models/dlrm', gpus: 0, slos: objectives }).env;

const WITH_30_MS = '1,2,5,10,15,20,30,50,100,200,300,400,500,1000,2000,5000,10000,60000,120000,300000,600000';

test.each([
  ['2.43.0', undefined],
  ['2.44.0', 'REQUEST_LATENCY_BUCKETS_MS'],
  ['2.49.2', 'REQUEST_LATENCY_BUCKETS_MS'],
  ['2.50.0', 'RAY_SERVE_REQUEST_LATENCY_BUCKETS_MS'],
  ['2.60.0', 'RAY_SERVE_REQUEST_LATENCY_BUCKETS_MS'],
])('Ray %s is given the bucket of an objective in %s', (version, setting) => {
  const given = Object.entries(environmentOf(version) ?? {}).filter(([name]) => name.includes('BUCKETS'));
  expect(given).toEqual(setting === undefined ? [] : [[setting, WITH_30_MS]]);
  const { latency } = metricsOf(version, slos) ?? {};
  expect(latency?.type === 'histogram' && latency.buckets?.includes(0.03)).toBe(setting !== undefined);
  expect(latency?.type === 'histogram' && latency.remedy).toBe(
    setting === undefined ? 'take Ray 2.44.0 or later, whose buckets follow the objective' : undefined,
  );
});

test('an objective on one of its own buckets needs no setting', () => {
  const env = environmentOf('2.60.0', [Slo.latency({ under: '50ms', objective: '99%' })]);
  expect(Object.keys(env ?? {}).filter((name) => name.includes('BUCKETS'))).toEqual([]);
});

test('releases before 2.10.0 are refused: their counters have other names', () => {
  expect(problemsOf(() => of('2.9.3'))).toEqual([
    "[rayServe] version must be 2.10.0 or later, got '2.9.3': the counters of older releases have other names",
  ]);
  expect(problemsOf(() => of('2.10.0'))).toEqual([]);
});

test('requests for health and unknown paths do not count; errors are those of the server; latency is in milliseconds', () => {
  const where = 'application!=""';
  expect(metricsOf('2.60.0')).toEqual({
    port: 'metrics',
    path: '/metrics',
    requests: [{ name: 'ray_serve_num_http_requests_total', where }],
    errors: [{ name: 'ray_serve_num_http_error_requests_total', where: 'application!="",error_code=~"5..|408"' }],
    latency: { type: 'histogram', unit: 'ms', name: 'ray_serve_http_request_latency_ms', where, buckets: BUCKETS },
    queued: { name: 'ray_serve_deployment_queued_queries' },
    running: { name: 'ray_serve_num_ongoing_http_requests' },
    lacks: expect.any(Object),
  });
});

test('a version that is no release, and an application without a name, are refused together', () => {
  expect(problemsOf(() => rayServe({ version: '2.60', application: 'ranker.py' }))).toEqual([
    "[rayServe] version must be a release of Ray 2, like '2.60.0', got '2.60'",
    "[rayServe] application must be the import path of an application, like 'ranker:app', got 'ranker.py'",
  ]);
});

test.each(['ranker:app', 'shop.ranking.app:build_1', '_a:_b'])('%s is an import path', (application) => {
  expect(rayServe({ version: '2.60.0', application }).name).toBe('ray-serve');
});

test.each(['ranker', 'ranker:', ':app', 'shop/ranker:app', '1a:b', 'a..b:c', 'a:b.c'])('%s is none', (application) => {
  expect(problemsOf(() => rayServe({ version: '2.60.0', application }))).toHaveLength(1);
});

test('a server on it has its script, its ports and its environment, in the group of its Python', () => {
  const { args, ports, livenessProbe, ...container } = serverContainer({ runtime });
  expect(ports.map(({ name, containerPort }) => [name, containerPort])).toEqual([
    ['http', 8000],
    ['health', 8001],
    ['metrics', 8080],
  ]);
  expect(livenessProbe.httpGet).toEqual({ path: '/-/healthz', port: 'http' });
  expect(args).toEqual(['/etc/recstack/serve.py', 'ranker:app']);
  expect(envOf(container)).toMatchObject({ MODEL_FOLDER: '/models/dlrm' });
  const manifests = objectsOf(ranker({ runtime }));
  expect(podOf(manifests).securityContext).toMatchObject({ runAsGroup: 100, fsGroup: 100 });
  expect(manifests.get('ConfigMap', 'ranker').data).toMatchObject({ 'serve.py': runtime.files?.['serve.py'] });
});
