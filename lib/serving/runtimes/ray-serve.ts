import { z } from 'zod';
import { imageSchema } from '../../core/images';
import { bucketsFor } from '../../core/latency-buckets';
import { must, parse, pattern } from '../../core/schema';
import { CONFIG_FOLDER, latencyThresholds, type Runtime, type ServedModel } from '../runtime';
import { isFrom } from './version';

/** Checks {@link RayServeProps}. */
export const rayServeSchema = z.strictObject({
  /** Release of Ray, as `'2.60.0'`; 2.10.0 is the first whose counters have today's names. */
  version: pattern<string>(/^2\.\d+\.\d+$/, must("be a release of Ray 2, like '2.60.0'")).refine(
    (version) => isFrom(version, '2.10.0'),
    { error: must('be 2.10.0 or later', 'the counters of older releases have other names') },
  ),
  /** Import path of the application, what `Deployment.bind()` returns: `'ranker:app'`. */
  application: pattern<string>(
    /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*$/,
    must("be the import path of an application, like 'ranker:app'"),
  ),
  /**
   * Image to use instead: the one for GPUs, `rayproject/ray:<version>-gpu`, or one with the libraries that the
   * application needs.
   * @default - rayproject/ray:<version>
   */
  image: imageSchema.optional(),
});

/** Properties of {@link rayServe}. @interface */
export type RayServeProps = z.input<typeof rayServeSchema>;

/**
 * Ray Serve: an application of Python deployments over HTTP. Each replica is a Ray of its own in one pod, so that
 * Kubernetes scales it; an application that spreads over several nodes needs KubeRay.
 *
 * The application's module lies in the artifact or in the image, and finds the artifact's folder in the environment
 * variable `MODEL_FOLDER`.
 *
 * @see https://docs.ray.io/en/latest/serve/index.html
 * @example
 * ```ts
 * new ModelServer(shop, 'ranker', { model, runtime: rayServe({ version: '2.60.0', application: 'ranker:app' }) });
 * ```
 */
export function rayServe(props: RayServeProps): Runtime<'requests' | 'errors' | 'latency' | 'queued' | 'running'> {
  const { version, application, image } = parse(rayServeSchema, props, 'rayServe');
  const setting = bucketsSetting(version);
  const bucketsOf = (model: Pick<ServedModel, 'slos'>) =>
    setting === undefined ? BUCKETS : bucketsFor(BUCKETS, latencyThresholds(model));
  return {
    name: 'ray-serve',
    image: image ?? `rayproject/ray:${version}`,
    ports: { http: 8000, health: 8001, metrics: 8080 },
    // Serve's own health says that its proxy is up, also while the application still loads its model.
    probes: {
      startup: { path: '/', port: 'health' },
      readiness: { path: '/', port: 'health' },
      liveness: { path: '/-/healthz', port: 'http' },
    },
    modelFolder: ({ name }) => `/models/${name}`,
    start: ({ folder, slos }) => ({
      command: ['python'],
      args: [`${CONFIG_FOLDER}/serve.py`, application],
      env: {
        HOME: '/tmp',
        MODEL_FOLDER: folder,
        PYTHONPATH: folder,
        RAY_USAGE_STATS_ENABLED: '0',
        ...(setting === undefined || bucketsOf({ slos }).length === BUCKETS.length
          ? {}
          : { [setting]: bucketsOf({ slos }).map(milliseconds).join(',') }),
      },
    }),
    // Ray and its proxy, before the application is imported.
    warmUpSeconds: 60,
    // Deployments have 20 seconds for their requests unless they say otherwise; then Ray's processes are stopped.
    drainSeconds: 30,
    writablePaths: ['/tmp'],
    // The object store of serve.py, and what libraries share.
    sharedMemory: '1Gi',
    // Python lies in the home folder of a user of this group, which is closed to others.
    gid: 100,
    files: { 'serve.py': SERVE },
    metrics: (model) => ({
      port: 'metrics',
      path: '/metrics',
      requests: [{ name: 'ray_serve_num_http_requests_total', where: APPLICATION }],
      // 4xx count as errors as well; 408 is the answer to a request that took the server too long.
      errors: [{ name: 'ray_serve_num_http_error_requests_total', where: `${APPLICATION},error_code=~"5..|408"` }],
      // Of good and bad requests.
      latency: {
        type: 'histogram',
        unit: 'ms',
        name: 'ray_serve_http_request_latency_ms',
        where: APPLICATION,
        buckets: bucketsOf(model),
        ...(setting === undefined ? { remedy: 'take Ray 2.44.0 or later, whose buckets follow the objective' } : {}),
      },
      queued: { name: 'ray_serve_deployment_queued_queries' },
      // From arrival to the answer.
      running: { name: 'ray_serve_num_ongoing_http_requests' },
      lacks: LACKS,
    }),
  };
}

/** The environment variable that takes the buckets, in milliseconds; the older name goes away with Ray 3. */
function bucketsSetting(version: string): string | undefined {
  if (isFrom(version, '2.50.0')) return 'RAY_SERVE_REQUEST_LATENCY_BUCKETS_MS';
  return isFrom(version, '2.44.0') ? 'REQUEST_LATENCY_BUCKETS_MS' : undefined;
}

/** Seconds; @see https://github.com/ray-project/ray/blob/ray-2.60.0/python/ray/serve/_private/constants.py */
const BUCKETS = [
  0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 1, 2, 5, 10, 60, 120, 300, 600,
] as const;

function milliseconds(seconds: number): number {
  return Number((seconds * 1000).toPrecision(6));
}

const GPU = 'it tells of the GPUs of a node and not of a server: dcgm-exporter does';
const LACKS = {
  queueTime: 'it has no time in the queue that all its releases tell: ask for queued',
  batchSize: 'only deployments that batch have one, and not in all releases',
  gpuUtilization: GPU,
  gpuMemoryUsed: GPU,
  gpuMemoryTotal: GPU,
};

/** Requests to the application, and not for health, routes or a path that doesn't exist. */
const APPLICATION = 'application!=""';

/**
 * `serve run` chooses the port of the metrics itself, and cuts off what it is answering when it is stopped. This
 * takes the application away first, which lets its replicas finish, and then ends Ray. The health port opens when
 * the application runs. Without a size the object store would take what `/dev/shm` doesn't have.
 */
const SERVE = `import importlib
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import ray
from ray import serve


class Health(BaseHTTPRequestHandler):
    def do_GET(self):
        running = serve.status().applications['default'].status == 'RUNNING'
        self.send_response(200 if running else 503)
        self.end_headers()

    def log_message(self, *_):
        pass


def stop(*_):
    raise SystemExit


ray.init(include_dashboard=False, object_store_memory=2**29, _metrics_export_port=8080)
signal.signal(signal.SIGTERM, stop)
module, _, name = sys.argv[1].partition(':')
serve.start(http_options={'host': '0.0.0.0', 'port': 8000})
serve.run(getattr(importlib.import_module(module), name))
try:
    ThreadingHTTPServer(('', 8001), Health).serve_forever()
finally:
    serve.delete('default')
`;
