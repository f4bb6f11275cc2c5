import { type AutoscaleOnDemandProps, autoscaleOnDemand } from '../../lib';
import { problemsOf } from '../serving/fixtures';

const refused = (props: object) =>
  problemsOf(() => autoscaleOnDemand({ replicas: [3, 40], requests: 180, ...props } as AutoscaleOnDemandProps));

const wakeUp = { within: '10m', requests: 'sum(rate(x[1m]))' };

test.each<[what: string, props: object, problem: string]>([
  [
    'no aim',
    { requests: undefined },
    'must aim for one or more of requests, concurrency, queue, gpu, cpu, memory, but has none: requests is a start, as measured per replica',
  ],
  ['one number', { replicas: 3 }, 'replicas must be [fewest, most] replicas, got 3: like [3, 40]'],
  [
    'a minimum above the maximum',
    { replicas: [5, 4] },
    'replicas must not have its minimum above its maximum, got [5,4]',
  ],
  ['a maximum of none', { replicas: [0, 0] }, 'replicas[1] must be a whole number of replicas, 1 or more, got 0'],
  [
    'an aim of nothing',
    { requests: 0 },
    'requests must be a number of requests per second, from 0.001 to 1000000000, got 0',
  ],
  [
    'an aim without end',
    { queue: Number.POSITIVE_INFINITY },
    'queue must be a number of requests, from 0.001 to 1000000000, got Infinity',
  ],
  [
    'an aim with a unit',
    { requests: '180/s' },
    "requests must be a number of requests per second, from 0.001 to 1000000000, got '180/s'",
  ],
  ['a share as a number', { gpu: 0.7 }, "gpu must be a percentage above 0% and up to 100%, like '99.9%', got 0.7"],
  [
    'a window without two scrapes',
    { window: '15s' },
    "window must be '30s' or longer, in whole seconds, got '15s': two scrapes must fit into it",
  ],
  [
    'a window of half a second',
    { window: '30.5s' },
    "window must be '30s' or longer, in whole seconds, got '30.5s': two scrapes must fit into it",
  ],
  [
    'a preset that is nearly right',
    { behavior: 'stedy' },
    "behavior must be one of responsive, steady, got 'stedy': did you mean 'steady'?",
  ],
  ['a number as behaviour', { behavior: 7 }, 'behavior must be one of responsive, steady, got 7'],
  ['rules of an unknown direction', { behavior: { sideways: {} } }, 'behavior.sideways is not known (known: up, down)'],
  [
    'a window that Kubernetes does not remember',
    { behavior: { down: { stabilizationWindow: '2h' } } },
    "behavior.down.stabilizationWindow must be from '0s' to '1h', in whole seconds, got '2h': Kubernetes remembers no longer",
  ],
  [
    'a period that is too long',
    { behavior: { up: { policies: [{ pods: 1, every: '1h' }] } } },
    "behavior.up.policies[0].every must be from '1s' to '30m', in whole seconds, got '1h'",
  ],
  [
    'half a pod',
    { behavior: { up: { policies: [{ pods: 0.5, every: '1m' }] } } },
    'behavior.up.policies[0].pods must be a whole number of replicas, 1 or more, got 0.5',
  ],
  [
    'a percentage with its sign',
    { behavior: { up: { policies: [{ percent: '10%', every: '1m' }] } } },
    "behavior.up.policies[0].percent must be a whole number of percent, 1 or more, got '10%'",
  ],
  [
    'a policy of nothing',
    { behavior: { up: { policies: [{ every: '1m' }] } } },
    `behavior.up.policies[0] must be { pods, every } or { percent, every }, got {"every":"1m"}: like { percent: 10, every: '1m' }`,
  ],
  [
    'a policy in pods and percent',
    { behavior: { up: { policies: [{ pods: 4, percent: 100, every: '1m' }] } } },
    `behavior.up.policies[0] must be { pods, every } or { percent, every }, got {"pods":4,"percent":100,"every":"1m"}: like { percent: 10, every: '1m' }`,
  ],
  [
    'no policies',
    { behavior: { up: { policies: [] } } },
    "behavior.up.policies must have at least one policy, got []: to stop all changes, write select: 'Disabled'",
  ],
  [
    'a way to choose in small letters',
    { behavior: { up: { select: 'min' } } },
    "behavior.up.select must be one of Max, Min, Disabled, got 'min': did you mean 'Min'?",
  ],
  [
    'a tolerance without a unit',
    { tolerance: '5' },
    "tolerance must be a percentage from 0% to 100%, like '5%', got '5'",
  ],
  [
    'a tolerance of one direction without a unit',
    { tolerance: { up: 5 } },
    "tolerance.up must be a percentage from 0% to 100%, like '5%', got 5",
  ],
  [
    'a measurement of nothing',
    { perReplica: { rps: 0 } },
    'perReplica.rps must be a number of requests per second, from 0.001 to 1000000000, got 0',
  ],
  [
    'a negative variation',
    { perReplica: { rps: 9, variation: -1 } },
    'perReplica.variation must be a number, 0 or more, got -1',
  ],
  [
    'an address without a scheme',
    { prometheus: 'prometheus:9090' },
    "prometheus must be the address of a Prometheus, got 'prometheus:9090': like 'http://prometheus.monitoring.svc:9090'",
  ],
  [
    'no replicas at least, and nothing that wakes it up',
    { replicas: [0, 40] },
    "wakeUp must be given with no replicas at least, but is missing: say how long the first requests may wait and where they are counted, like { within: '3m', requests: 'sum(rate(…[1m]))' }, or keep 1 or more",
  ],
  [
    'a wake-up of what never sleeps',
    { wakeUp },
    'wakeUp must be left out where 3 or more replicas stay: nothing has to wake up',
  ],
  [
    'no replicas at least by what only replicas tell',
    { replicas: [0, 40], requests: undefined, queue: 4, wakeUp },
    'requests must be given with no replicas at least, but is missing: what is measured at replicas is not there without any',
  ],
  [
    'an idle time of half a second',
    { replicas: [0, 40], wakeUp: { ...wakeUp, idle: '0.5s' } },
    "wakeUp.idle must be in whole seconds, got '0.5s'",
  ],
  [
    'a fallback above the maximum',
    { fallback: { replicas: 41 } },
    'fallback.replicas must be at most the maximum, 40, got 41',
  ],
  [
    'a prop that is nearly right',
    { request: 180 },
    "request is not known: did you mean 'requests'? (known: replicas, requests, concurrency, queue, gpu, cpu, memory, window, behavior, tolerance, perReplica, peaks, prometheus, fallback, wakeUp)",
  ],
])('%s is refused', (_what, props, problem) => {
  expect(refused(props)).toEqual([`[autoscaleOnDemand] ${problem}`]);
});

test('everything that is wrong is told at once', () => {
  expect(refused({ replicas: [0, 2], fallback: { replicas: 3 }, requests: undefined })).toHaveLength(4);
});

test('the policy tells the fewest replicas', () => {
  expect(autoscaleOnDemand({ replicas: [3, 40], requests: 180 }).fewest).toBe(3);
});
