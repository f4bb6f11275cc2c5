import { CPU_SECONDS, DCGM_GPU_UTILIZATION, ofPods } from '../../lib/monitoring/container-metrics';
import { server } from './fixtures';

/** The pods that the matcher of a server called ranker lets through; Prometheus anchors patterns on both sides. */
function matches(pod: string): boolean {
  const [, pattern = ''] = /^pod=~"([^"]+)"/.exec(ofPods(CPU_SECONDS, server()).where ?? '') ?? [];
  return new RegExp(`^(?:${pattern})$`).test(pod);
}

test.each(['ranker-7d9fc6b5d8-x2k4p', 'ranker-5f4-zzzzz'])('the pod %s is of the server', (pod) => {
  expect(matches(pod)).toBe(true);
});

test.each([
  ['a server with a longer name', 'ranker-v2-7d9fc6b5d8-x2k4p'],
  ['a server whose name ends alike', 'my-ranker-7d9fc6b5d8-x2k4p'],
  ['a StatefulSet', 'ranker-0'],
  ['a Job of a schedule', 'ranker-28912345-0-x2k4p'],
])('the pods of %s are not', (_what, pod) => {
  expect(matches(pod)).toBe(false);
});

test('the container is named where there are several in a pod', () => {
  expect(ofPods(CPU_SECONDS, server(), 'server')).toEqual({
    name: 'container_cpu_usage_seconds_total',
    where: 'pod=~"ranker-[a-z0-9]+-[a-z0-9]{5}",container="server"',
  });
  expect(ofPods(DCGM_GPU_UTILIZATION, server())).toEqual({
    name: 'DCGM_FI_DEV_GPU_UTIL',
    where: 'pod=~"ranker-[a-z0-9]+-[a-z0-9]{5}"',
  });
});

test('the pods and the container are those of the engine that runs the server', () => {
  const observed = server({ pods: 'ranker-predictor-[a-z0-9]+-[a-z0-9]{5}', container: 'kserve-container' });
  expect(ofPods(CPU_SECONDS, observed, observed.container).where).toBe(
    'pod=~"ranker-predictor-[a-z0-9]+-[a-z0-9]{5}",container="kserve-container"',
  );
});
