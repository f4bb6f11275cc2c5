import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Sample } from './exposition';
import type { Change } from './replay';

export type FaultName = 'errors' | 'slow' | 'memory' | 'fallbacks';

/** A program that Prometheus scrapes, as its own documentation and source describe it: see the head of its fixture. */
export interface ScrapedProgram {
  readonly fixture: string;
  readonly port: number;
  readonly path: string;
  readonly contentType: string;
  /** What its page shows when requests fail, when they take too long, and when a container has used up its memory. */
  readonly faults: Readonly<Partial<Record<FaultName, Change>>>;
}

/** Failed requests a second, beside the good ones. */
const FAILURES = 50;

export const TENSORFLOW_SERVING: ScrapedProgram = {
  fixture: read('tensorflow-serving'),
  port: 8501,
  path: '/monitoring/prometheus/metrics',
  contentType: 'text/plain',
  faults: {
    errors: {
      appears: [':tensorflow:serving:request_count{model_name="two-tower",status="UNAVAILABLE"}'],
      value: ({ labels }, usual) => (labels.includes('status="UNAVAILABLE"') ? FAILURES : usual),
    },
    slow: { value: slowerThan(1e6, ':tensorflow:serving:request_latency') },
  },
};

export const TRITON_CPU = triton('triton-cpu');
export const TRITON_GPU = triton('triton-gpu');
export const TRITON_ENSEMBLE = triton('triton-ensemble');

function triton(fixture: string): ScrapedProgram {
  return {
    fixture: read(fixture),
    port: 8002,
    path: '/metrics',
    contentType: 'text/plain; charset=utf-8',
    faults: {
      errors: {
        value: ({ name, labels }, usual) =>
          name === 'nv_inference_request_failure' && labels.includes('reason="BACKEND"') ? FAILURES : usual,
      },
      slow: { value: ({ name }, usual) => (name === 'nv_inference_request_duration_us' ? usual * 1000 : usual) },
    },
  };
}

export const VLLM: ScrapedProgram = {
  fixture: read('vllm'),
  port: 8000,
  path: '/metrics',
  contentType: 'text/plain; version=1.0.0; charset=utf-8',
  faults: {
    errors: {
      appears: ['http_requests_total{handler="/v1/chat/completions",method="POST",status="5xx"}'],
      value: ({ labels }, usual) => (labels.includes('status="5xx"') ? FAILURES : usual),
    },
    slow: { value: slowerThan(10, 'vllm:e2e_request_latency_seconds') },
  },
};

export const OPENVINO: ScrapedProgram = {
  fixture: read('openvino'),
  port: 8000,
  path: '/metrics',
  contentType: 'text/plain; charset=utf-8',
  faults: {},
};

export const RAY_SERVE: ScrapedProgram = {
  fixture: read('ray-serve'),
  port: 8080,
  path: '/metrics',
  contentType: 'text/plain; version=0.0.4; charset=utf-8',
  faults: {},
};

/** The API of a funnel: a page that the example's own has written. */
export const FUNNEL: ScrapedProgram = {
  fixture: read('funnel'),
  port: 8080,
  path: '/metrics',
  contentType: 'text/plain; version=0.0.4',
  faults: {
    errors: {
      value: ({ name, labels }, usual) =>
        name === 'recstack_funnel_request_duration_seconds_count' && labels === 'outcome="error"' ? FAILURES : usual,
    },
    slow: { value: slowerThan(0.15, 'recstack_funnel_request_duration_seconds') },
    fallbacks: {
      value: ({ name, labels }, usual) =>
        name === 'recstack_funnel_fallbacks_total' && labels.includes('stage="ranking"') ? FAILURES : usual,
    },
  },
};

/** What the fixture of the kubelet sets as the limit of a container. */
const MEMORY_LIMIT = 16 * 2 ** 30;

export const KUBELET: ScrapedProgram = {
  fixture: read('kubelet-cadvisor'),
  port: 10250,
  path: '/metrics/cadvisor',
  contentType: 'text/plain; version=0.0.4; charset=utf-8',
  faults: {
    memory: {
      value: ({ name, labels }, usual) =>
        name === 'container_memory_working_set_bytes' && labels.includes('container="server"')
          ? 0.98 * MEMORY_LIMIT
          : usual,
    },
  },
};

export const DCGM_EXPORTER: ScrapedProgram = {
  fixture: read('dcgm-exporter'),
  port: 9400,
  path: '/metrics',
  contentType: 'text/plain; charset=utf-8',
  faults: {},
};

/** Its page has `NAMESPACE`, and `CREATED` for the time of a CronJob. */
export const KUBE_STATE_METRICS: ScrapedProgram = {
  fixture: read('kube-state-metrics'),
  port: 8080,
  path: '/metrics',
  contentType: 'text/plain; version=0.0.4',
  faults: {},
};

/** redis_exporter beside a Valkey. */
export const VALKEY: ScrapedProgram = {
  fixture: read('valkey'),
  port: 9121,
  path: '/metrics',
  contentType: 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores',
  faults: {},
};

export const FEAST: ScrapedProgram = {
  fixture: read('feast'),
  port: 8000,
  path: '/metrics',
  contentType: 'text/plain; version=0.0.4; charset=utf-8',
  faults: {},
};

export const QDRANT: ScrapedProgram = {
  fixture: read('qdrant'),
  port: 6336,
  path: '/metrics',
  contentType: 'text/plain; charset=utf-8',
  faults: {},
};

/** From now on no request of a histogram finishes within so many of its units. */
function slowerThan(bound: number, histogram: string): Change['value'] {
  return ({ name, labels }: Sample, usual: number) => {
    if (name === `${histogram}_sum`) return usual * 1000;
    const le = /le="([\d.e+]+)"/.exec(labels)?.[1] ?? 'Infinity';
    return name === `${histogram}_bucket` && Number(le) <= bound ? 0 : usual;
  };
}

function read(name: string): string {
  return readFileSync(join(__dirname, 'fixtures', `${name}.prom`), 'utf8');
}
