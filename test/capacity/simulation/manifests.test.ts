import { autoscalerOf } from '../../../lib/capacity/simulation/manifests';
import { measureOf } from '../../../lib/capacity/simulation/readings';
import { cpu, DOWN_AT_ONCE, external, hpa, SERVICE, seen, times, wanted } from './fixtures';

const BOUNDS = { minReplicas: 1, maxReplicas: 20, behavior: DOWN_AT_ONCE };

test('an External metric shared among the replicas', () => {
  const autoscaler = hpa({ ...BOUNDS, metrics: [external('ranker_requests_per_second', '80')] });
  // 400 by 80 is 5; 340 is 4.25; 350 by 5 times 80 is within the tolerance.
  expect(wanted(autoscaler, [80, 400, 350, 340, 100], 1)).toEqual([1, 1, 5, 5, 5]);
  const less = hpa({ ...BOUNDS, metrics: [external('ranker_requests_per_second', '80')] });
  expect(wanted(less, [400, 340, 300, 300], 5)).toEqual([5, 5, 5, 4]);
});

test('an Object metric is the same, in all or for each replica', () => {
  const object = (target: object) => ({ type: 'Object', object: { metric: { name: 'requests' }, target } });
  const each = hpa({ ...BOUNDS, metrics: [object({ type: 'AverageValue', averageValue: '50' })] });
  expect(each.sync(0, seen(2, { rate: 200 }))).toBe(4);
  const total = hpa({ ...BOUNDS, metrics: [object({ type: 'Value', value: '50' })] });
  // Twice the value, with five replicas.
  expect(total.sync(0, seen(5, { rate: 100 }))).toBe(10);
});

test('a Pods metric counts a replica that starts for nothing, once it runs', () => {
  const pods = (pending: number) => {
    const metric = { type: 'Pods', pods: { metric: { name: 'requests' }, target: { averageValue: '50' } } };
    const autoscaler = hpa({ ...BOUNDS, metrics: [metric] });
    const service = { ...SERVICE, readySeconds: 45, pendingSeconds: pending };
    return wanted(autoscaler, [50, 150, 150, 150, 150, 150], 1, { service });
  };
  // Among three that run, of which two tell of nothing, 150 is 50 for each.
  expect(pods(0)).toEqual([1, 1, 3, 3, 3, 3]);
  // Pending ones count for nothing as well when it would grow, so that it is the same.
  expect(pods(45)).toEqual([1, 1, 3, 3, 3, 3]);
});

test('CPU beyond the limit shows no more than the limit, so that it grows in small steps', () => {
  const autoscaler = hpa({ ...BOUNDS, metrics: [cpu(80)] });
  const service = { ...SERVICE, readySeconds: 15, cpu: { atCapacity: 1 } };
  // At ten times what two replicas answer they use 100 %: 1.25 of two is 3. As long as the third isn't ready for a whole
  // sample it counts as using nothing on the way up, and 200 % among three is below 80.
  expect(wanted(autoscaler, times(9, 2000), 2, { service })).toEqual([3, 3, 4, 4, 5, 5, 7, 7, 9]);
});

test('at its capacity a replica uses 70 % of its CPU, unless it is known better', () => {
  const at = (rate: number, atCapacity?: number) => {
    const autoscaler = hpa({ ...BOUNDS, metrics: [cpu(50)] });
    const service = { ...SERVICE, ...(atCapacity === undefined ? {} : { cpu: { atCapacity } }) };
    return wanted(autoscaler, [rate, rate], 10, { service })[1];
  };
  expect(at(1000)).toBe(14);
  expect(at(1000, 0.5)).toBe(10);
  expect(at(1000, 0.8)).toBe(16);
});

test('CPU as a quantity is held against what a replica requests', () => {
  const metric = { type: 'Resource', resource: { name: 'cpu', target: { averageValue: '500m' } } };
  const autoscaler = hpa({ ...BOUNDS, metrics: [metric] });
  const service = { ...SERVICE, cpu: { request: 2, atCapacity: 0.5 } };
  // Each uses one core, of which there should be a half.
  expect(wanted(autoscaler, [400, 400], 4, { service })).toEqual([8, 8]);
});

test('what it uses to start counts once it is ready, if that took longer than the controller waits', () => {
  const last = (starting: number) => {
    const autoscaler = hpa({ ...BOUNDS, metrics: [cpu(50)] });
    const service = { capacity: 100, readySeconds: 330, metricWindow: 60, cpu: { starting, atCapacity: 0.5 } };
    const rates = [...times(4, 200), ...times(24, 400)];
    return wanted(autoscaler, rates, 2, { service }).at(-1);
  };
  expect(last(0)).toBe(4);
  expect(last(1)).toBeGreaterThan(4);
});

test.each([
  ['vllm_num_requests_waiting', 'queue'],
  ['nv_inference_pending_request_count', 'queue'],
  ['vllm_num_requests_running', 'inFlight'],
  ['ranker_concurrency', 'inFlight'],
  ['requests_per_second', 'rate'],
  // As recstack emits them: neither the namespace nor the server says what it is.
  ['gpu-pool-queue-ranker-requests', 'rate'],
  ['shop-requests-concurrency', 'inFlight'],
  ['shop-ranker-queue', 'queue'],
] as const)('the metric %s is taken for %s', (name, field) => {
  const autoscaler = hpa({ ...BOUNDS, metrics: [external(name, '10')] });
  expect(autoscaler.sync(0, seen(5, { rate: 20, inFlight: 20, queue: 20, [field]: 90 }))).toBe(9);
});

test('the use of GPUs is a share as recstack emits it, and in percent as the exporter tells', () => {
  const metric = { type: 'Pods', pods: { metric: { name: 'DCGM_FI_DEV_GPU_UTIL' }, target: { averageValue: '40' } } };
  expect(hpa({ ...BOUNDS, metrics: [metric] }).sync(0, seen(4, { busy: 0.8 }))).toBe(8);
  const share = hpa({ ...BOUNDS, metrics: [external('shop-ranker-gpu', '400m')] });
  expect(share.sync(0, seen(4, { busy: 0.8 }))).toBe(8);
});

test.each([
  ['sum(rate(nv_inference_queue_duration_us[1m]))', 'requests'],
  ['sum(vllm:num_requests_waiting{job="running"})', 'queue'],
  ['sum by (gpu) (requests_in_flight)', 'concurrency'],
  ['avg(DCGM_FI_DEV_GPU_UTIL)', 'gpuPercent'],
  ['sum(gpu_utilization)', 'gpu'],
  ['sum(requests_per_second{job="queue"})', 'requests'],
])('the query %s is taken for %s', (query, measure) => {
  expect(measureOf({ name: 'prometheus', query })).toBe(measure);
});

test('whoever knows better says what a metric tells of', () => {
  const options = {
    measure: ({ name }: { name: string }) => (name === 'lag' ? ('queue' as const) : ('requests' as const)),
  };
  const autoscaler = hpa({ ...BOUNDS, metrics: [external('lag', '10')] }, options);
  expect(autoscaler.sync(0, seen(5, { rate: 20, queue: 90 }))).toBe(9);
});

test('of several metrics the highest counts', () => {
  const metrics = [external('requests', '10'), external('queue_length', '10')];
  const autoscaler = hpa({ ...BOUNDS, metrics });
  expect(autoscaler.sync(0, seen(5, { rate: 50, queue: 70 }))).toBe(7);
  expect(autoscaler.sync(15, seen(7, { rate: 90, queue: 70 }))).toBe(9);
});

test('without a metric it is CPU at 80 %, as the API server fills in', () => {
  const service = { ...SERVICE, cpu: { atCapacity: 1 } };
  expect(wanted(hpa({ maxReplicas: 20 }), [1000, 1000], 10, { service })).toEqual([13, 13]);
});

test('memory is left out, and said to be; alone it is refused', () => {
  const memory = { type: 'Resource', resource: { name: 'memory', target: { averageUtilization: 50 } } };
  expect(hpa({ ...BOUNDS, metrics: [memory, cpu(50)] }).leftOut).toEqual(['memory: it does not follow the load']);
  expect(hpa({ ...BOUNDS, metrics: [cpu(50)] }).leftOut).toEqual([]);
  expect(() => hpa({ ...BOUNDS, metrics: [memory] })).toThrow(
    new Error('a policy on memory alone has no replay: memory does not follow the load'),
  );
});

test('a minimum that a calendar raises holds from its moment on, never above the ceiling', () => {
  const floors = [
    { from: 30, until: 60, replicas: 7 },
    { from: 75, until: 90, replicas: 99 },
  ];
  const autoscaler = hpa({ ...BOUNDS, metrics: [external('requests', '100')] }, { floors });
  expect(wanted(autoscaler, times(8, 200), 2)).toEqual([2, 2, 7, 7, 2, 20, 2, 2]);
});

test('a ceiling that is below what there is takes effect at once', () => {
  const autoscaler = hpa({ minReplicas: 1, maxReplicas: 4, metrics: [external('requests', '100')] });
  expect(wanted(autoscaler, times(2, 900), 9)).toEqual([4, 4]);
});

test('at no replicas it is switched off', () => {
  const autoscaler = hpa({ ...BOUNDS, metrics: [external('requests', '100')] });
  expect(wanted(autoscaler, times(4, 900), 0)).toEqual([0, 0, 0, 0]);
});

test('with the gate HPAScaleToZero it comes back by itself, if it went there by itself', () => {
  const controller = { cpuInitializationPeriod: 300, initialReadinessDelay: 30, downscaleStabilization: 300 };
  const autoscaler = hpa(
    { ...BOUNDS, minReplicas: 0, metrics: [external('requests', '100')] },
    { controller: { ...controller, scaleToZero: true } },
  );
  expect(wanted(autoscaler, [100, 0, 0, 0, 150, 150, 150], 1)).toEqual([1, 1, 0, 0, 0, 2, 2]);
});

test('the objects beside it do not matter, but there must be just one', () => {
  const policy = {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    spec: { maxReplicas: 20, metrics: [external('requests', '100')] },
  };
  const service = { apiVersion: 'v1', kind: 'Service' };
  expect(autoscalerOf([service, policy]).sync(0, seen(2, { rate: 500 }))).toBe(4);
  const rule = (count: number) =>
    new Error(`there must be one HorizontalPodAutoscaler or ScaledObject to replay, got ${count}`);
  expect(() => autoscalerOf([service])).toThrow(rule(0));
  expect(() => autoscalerOf([policy, policy])).toThrow(rule(2));
});
