import { App } from 'cdk8s';
import type { CronJobSpec, JobSpec } from 'kubernetes-types/batch/v1';
import type { PolicyRule } from 'kubernetes-types/rbac/v1';
import {
  Platform,
  TrainingCalendar,
  type TrainingCalendarProps,
  TrainingJob,
  type TrainingJobProps,
  TrainingQueue,
} from '../../lib';
import type { JobSetSpec } from '../../lib/crds/jobset';
import { matchers } from '../../lib/testing';
import { objectsOf, platform, problemsOf, specOf } from '../serving/fixtures';
import { jobSetPlatform, training } from './fixtures';

expect.extend(matchers);

const SALE = { name: 'double-11', every: 'year', start: '11-10T18:00', end: '11-12T02:00' } as const;
const CHECKPOINTS = { checkpoints: { claim: 'checkpoints', every: '10m' } } as const;

const calendarIn = (shop: Platform, props: Partial<TrainingCalendarProps> = {}) =>
  new TrainingCalendar(shop, 'sales', { timeZone: 'Asia/Shanghai', closed: [SALE], ...props });

function held(props: Partial<TrainingJobProps> = {}, calendar: Partial<TrainingCalendarProps> = {}, shop = platform()) {
  training({ ...CHECKPOINTS, calendar: calendarIn(shop, calendar), ...props }, shop);
  return objectsOf(shop);
}

function settingsOf(manifests: ReturnType<typeof held>) {
  const { data } = manifests.get('ConfigMap', 'sales') as unknown as { data: Record<string, string> };
  return JSON.parse(data['settings.json'] ?? '');
}

const rulesOf = (manifests: ReturnType<typeof held>) =>
  (manifests.get('Role', 'sales') as unknown as { rules: PolicyRule[] }).rules;

test('runs of a schedule come suspended and marked as held, so that none starts unless the gate is up and open', () => {
  const { jobTemplate, suspend } = specOf<CronJobSpec>(held({ schedule: '0 2 * * *' }), 'CronJob', 'retraining');
  expect(jobTemplate.metadata).toEqual({
    labels: { 'recstack/calendar': 'sales' },
    annotations: { 'recstack/held': 'sales' },
  });
  expect(jobTemplate.spec?.suspend).toBe(true);
  expect(suspend).toBeUndefined();
});

test('a run that is applied says nothing of being suspended: the next apply would stop it', () => {
  const manifests = held();
  expect(manifests).toHaveObject('Job', 'retraining', { metadata: { labels: { 'recstack/calendar': 'sales' } } });
  expect(specOf<JobSpec>(manifests, 'Job', 'retraining')).not.toHaveProperty('suspend');
  expect(manifests.get('Job', 'retraining').metadata).not.toHaveProperty('annotations');
});

test('a JobSet bears the label itself, and its Job inside does not', () => {
  const manifests = held({ nodes: 2 }, {}, jobSetPlatform());
  expect(manifests).toHaveObject('JobSet', 'retraining', { metadata: { labels: { 'recstack/calendar': 'sales' } } });
  const { replicatedJobs } = specOf<JobSetSpec>(manifests, 'JobSet', 'retraining');
  expect(replicatedJobs[0]?.template).not.toHaveProperty('metadata');
});

test('the gate is told of the calendar and of the kinds of its runs, and may list and suspend those', () => {
  const manifests = held({ schedule: '0 2 * * *' });
  expect(settingsOf(manifests)).toEqual({
    name: 'sales',
    timeZone: 'Asia/Shanghai',
    events: [SALE],
    running: 'stop',
    runs: [{ api: 'batch/v1', resource: 'jobs' }],
    queues: [],
  });
  expect(rulesOf(manifests)).toEqual([{ apiGroups: ['batch'], resources: ['jobs'], verbs: ['get', 'list', 'patch'] }]);
});

test('runs that are made after the calendar count too, each kind once', () => {
  const shop = jobSetPlatform();
  const calendar = calendarIn(shop);
  for (const [id, nodes] of [
    ['one', 1],
    ['two', 2],
    ['three', 1],
  ] as const) {
    new TrainingJob(shop, id, {
      image: 'registry.example.com/shop/dlrm-trainer:1.4.2',
      command: ['torchrun', 'train.py'],
      resources: { cpu: '32', memory: '256Gi' },
      nodes,
      calendar,
      ...CHECKPOINTS,
    });
  }
  expect(settingsOf(objectsOf(shop)).runs).toEqual([
    { api: 'batch/v1', resource: 'jobs' },
    { api: 'jobset.x-k8s.io/v1alpha2', resource: 'jobsets' },
  ]);
});

describe('with a queue', () => {
  const GPU = 'nvidia-a100-80gb';
  const withQueue = (props: Partial<TrainingJobProps> = {}) => {
    const shop = jobSetPlatform();
    const queue = new TrainingQueue(shop, 'a100', { cpu: '512', memory: '4Ti', gpus: { count: 32, type: GPU } });
    return held({ queue, priority: 'high', ...props }, {}, shop);
  };

  test('runs enter by a door of their own, which closes, and the one of servers stays open', () => {
    const manifests = withQueue();
    expect(manifests).toHaveObject('LocalQueue', 'a100-sales', { spec: { clusterQueue: 'shop-a100' } });
    expect(manifests).toHaveObject('LocalQueue', 'a100', { spec: { clusterQueue: 'shop-a100' } });
    expect(manifests.get('Job', 'retraining').metadata.labels).toMatchObject({
      'kueue.x-k8s.io/queue-name': 'a100-sales',
      'kueue.x-k8s.io/priority-class': 'shop-a100-high',
    });
    expect(settingsOf(manifests)).toMatchObject({ runs: [], queues: ['a100-sales'] });
  });

  test('a name of that door that is too long is refused', () => {
    const shop = jobSetPlatform();
    const queue = new TrainingQueue(shop, 'a100', { cpu: '512', memory: '4Ti' });
    const calendar = new TrainingCalendar(shop, 's'.repeat(60), { timeZone: 'Etc/UTC', closed: [SALE] });
    training({ ...CHECKPOINTS, queue, calendar }, shop);
    expect(problemsOf(() => objectsOf(shop))).toEqual([
      `[shop/retraining] calendar must make a name of at most 63 characters with the queue, got 'a100-${'s'.repeat(60)}': give it a shorter id`,
    ]);
  });

  test('the gate may hold that door, and touches no run: those are for Kueue to suspend', () => {
    const manifests = withQueue({ schedule: '0 2 * * *' });
    expect(rulesOf(manifests)).toEqual([
      {
        apiGroups: ['kueue.x-k8s.io'],
        resources: ['localqueues'],
        resourceNames: ['a100-sales'],
        verbs: ['get', 'patch'],
      },
    ]);
    const { jobTemplate } = specOf<CronJobSpec>(manifests, 'CronJob', 'retraining');
    expect(jobTemplate.spec).not.toHaveProperty('suspend');
    expect(jobTemplate.metadata).not.toHaveProperty('annotations');
    expect(jobTemplate.metadata?.labels).not.toHaveProperty('recstack/calendar');
  });
});

test('the gate is one pod of a pinned image, which nobody calls and which calls the API server only', () => {
  const manifests = held();
  expect(manifests).toHaveObject('Deployment', 'sales', {
    spec: {
      replicas: 1,
      strategy: { type: 'Recreate' },
      template: {
        spec: {
          serviceAccountName: 'sales',
          automountServiceAccountToken: true,
          containers: [
            {
              image: 'python:3.14.0-alpine',
              command: ['python3', '-B', '-u', '/opt/recstack/gate.py', '/opt/recstack/settings.json'],
              env: [{ name: 'NAMESPACE', value: 'shop' }],
            },
          ],
        },
      },
    },
  });
  expect(manifests.get('NetworkPolicy', 'sales').spec).toEqual({
    podSelector: { matchLabels: { 'app.kubernetes.io/name': 'sales', 'app.kubernetes.io/part-of': 'shop' } },
    policyTypes: ['Ingress', 'Egress'],
    egress: [{ ports: [443, 6443, 8443].map((port) => ({ protocol: 'TCP', port })) }],
  });
});

test('a calendar that stops runs wants checkpoints, from which they go on', () => {
  expect(problemsOf(() => held({ checkpoints: undefined }))).toEqual([
    "[shop/retraining] checkpoints must come with the calendar 'sales', which stops runs, but are missing: set them, or the calendar's running to 'finish'",
  ]);
  expect(settingsOf(held({ checkpoints: undefined }, { running: 'finish' })).running).toBe('finish');
});

test('a calendar of another platform is refused', () => {
  const shop = platform();
  const other = new Platform(App.of(shop), 'other', { cluster: { kubernetes: '1.33' } });
  training({ ...CHECKPOINTS, calendar: calendarIn(other) }, shop);
  expect(problemsOf(() => objectsOf(shop))).toEqual([
    "[shop/retraining] calendar must be in the platform of the run, got 'other/sales': make one there",
  ]);
});

test('a calendar of no run is refused', () => {
  const shop = platform();
  calendarIn(shop);
  expect(problemsOf(() => objectsOf(shop))).toEqual([
    "[shop/sales] must be the calendar of a run, and is that of none: set a TrainingJob's calendar",
  ]);
});

test.each<[string, Partial<TrainingCalendarProps>, string[]]>([
  ['no event', { closed: [] }, ['closed must have at least one event, got []']],
  [
    'an event that is over before it begins',
    { closed: [{ name: 'x', start: '2026-11-11T00:00', end: '2026-11-10T00:00' }] },
    ["closed[0].end must be after the start, '2026-11-11T00:00', got '2026-11-10T00:00'"],
  ],
  [
    'events that leave no time',
    {
      closed: [
        { name: 'day', every: 'day', start: '06:00', end: '18:00' },
        { name: 'night', every: 'day', start: '18:00', end: '06:00' },
      ],
    },
    ['closed must leave time to train, got events without a gap: remove some'],
  ],
  ['an unknown zone', { timeZone: 'Shanghai' }, ["timeZone must be a time zone like Asia/Shanghai, got 'Shanghai'"]],
  ['an unknown way to stop', { running: 'kill' as 'stop' }, ["running must be one of stop, finish, got 'kill'"]],
])('refused: %s', (_, props, texts) => {
  expect(problemsOf(() => calendarIn(platform(), props))).toEqual(texts.map((text) => `[shop/sales] ${text}`));
});

test('what is no calendar is refused', () => {
  const calendar = {} as TrainingCalendar;
  expect(problemsOf(() => training({ calendar }))).toEqual([
    '[shop/retraining] calendar must be a TrainingCalendar, got {}',
  ]);
});
