import { triton, vllm } from '../../lib';
import { derive } from '../../lib/serving/derived';
import { modelServerSchema } from '../../lib/serving/model-server-props';
import { model, own } from './fixtures';

function derived(props: object = {}) {
  return derive(modelServerSchema.parse({ model: model(), runtime: triton({ version: '25.08' }), ...props }));
}

test('without measurements, the numbers follow from the size of the model and from the runtime', () => {
  expect(derived()).toEqual({
    pullSeconds: 738,
    startupSeconds: 305,
    graceSeconds: 45,
    progressSeconds: 1643,
    readySeconds: 552,
    cpu: '2',
    memory: '26112Mi',
  });
});

test('what was measured of the start takes the place of the careful assumptions', () => {
  const { pullSeconds, startupSeconds, progressSeconds } = derived({
    startup: { pullPerSecond: '1Gi', loadPerSecond: '2Gi', warmUp: '20s' },
  });
  expect(pullSeconds).toBe(60);
  expect(startupSeconds).toBe(2 * (9 + 20));
  expect(progressSeconds).toBe(600 + 60 + 58);
});

test('a warm-up below a second counts as well', () => {
  expect(derived({ startup: { loadPerSecond: '18Gi', warmUp: '250ms' } }).startupSeconds).toBe(3);
});

test('the runtime says how long its warm-up and its drain take', () => {
  const runtime = own({ warmUp: '2m', drain: '90s' });
  expect(derived({ runtime })).toMatchObject({ startupSeconds: 425, graceSeconds: 105 });
  expect(derived({ runtime: vllm({ version: '0.33.0' }) })).toMatchObject({ startupSeconds: 785, graceSeconds: 75 });
});

test('each GPU brings 4 cores', () => {
  expect(derived({ gpu: { count: 2, type: 'nvidia-l4' } }).cpu).toBe('8');
});

test('the memory of /dev/shm is the one that the runtime asks for', () => {
  expect(derived({ runtime: own() }).memory).toBe('25088Mi');
  expect(derived({ runtime: own({ sharedMemory: '3Gi' }) }).memory).toBe('28160Mi');
});

test('resources that are stated are taken as they are, in the form in which the API server would write them', () => {
  expect(derived({ resources: { cpu: '0.5', memory: '2048Mi' } })).toMatchObject({ cpu: '500m', memory: '2Gi' });
  expect(derived({ resources: { cpu: '2000m', memory: '1.5Gi' } })).toMatchObject({ cpu: '2', memory: '1536Mi' });
});

test('one stated resource leaves the other computed', () => {
  expect(derived({ resources: { cpu: '12' } })).toMatchObject({ cpu: '12', memory: '26112Mi' });
  expect(derived({ resources: { memory: '40Gi' } })).toMatchObject({ cpu: '2', memory: '40Gi' });
});
