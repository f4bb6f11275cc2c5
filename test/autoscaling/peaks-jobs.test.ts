import type { ApiObject } from 'cdk8s';
import type { CronJobSpec } from 'kubernetes-types/batch/v1';
import type { PolicyRule } from 'kubernetes-types/rbac/v1';
import { emitPeakJobs, type PeakJobsProps } from '../../lib/autoscaling/peaks-jobs';
import { objectsOf, platform, problemsOf, specOf } from '../serving/fixtures';
import { type Event, peaksOf, SERVER } from './peaks-fixtures';

const SALE: Event = { name: 'double-11', every: 'year', start: '11-11T00:00', end: '11-12T02:00', multiple: 5 };
const EVENING: Event = { name: 'evening', every: 'day', start: '19:00', end: '22:30', replicas: 9, lead: '30m' };
const ONCE: Event = { name: 'opening', start: '2026-09-01T10:00', end: '2026-09-01T20:00', replicas: 30, lead: '30m' };
const HPA = { kind: 'HorizontalPodAutoscaler', name: 'ranker' } as const;

function emitted(events: Event[], autoscaler: PeakJobsProps['autoscaler'] = HPA) {
  const shop = platform();
  const nodes = emitPeakJobs(shop, peaksOf(events), { ...SERVER, autoscaler });
  return { nodes, objects: objectsOf(shop) };
}

const namesOf = (objects: readonly ApiObject[] | undefined) => objects?.map(({ name }) => name);

function settingsOf({ objects }: ReturnType<typeof emitted>) {
  const { data } = objects.get('ConfigMap', 'ranker-peaks') as unknown as { data: Record<string, string> };
  return JSON.parse(data['settings.json'] ?? '');
}

test('a peak is a CronJob that is due every five minutes on its days, in its zone, one run at a time', () => {
  const { objects } = emitted([SALE]);
  expect(objects.get('CronJob', 'ranker-double-11')).toMatchObject({
    metadata: { labels: { 'app.kubernetes.io/name': 'ranker-peaks', 'app.kubernetes.io/component': 'autoscaling' } },
  });
  const { jobTemplate, ...spec } = specOf<CronJobSpec>(objects, 'CronJob', 'ranker-double-11');
  expect(spec).toEqual({
    schedule: '*/5 * 10-12 11 *',
    timeZone: 'Asia/Shanghai',
    concurrencyPolicy: 'Forbid',
    startingDeadlineSeconds: 240,
    successfulJobsHistoryLimit: 1,
    failedJobsHistoryLimit: 3,
  });
  const { template, ...job } = jobTemplate.spec ?? { template: {} };
  expect(job).toEqual({ backoffLimit: 0, activeDeadlineSeconds: 330 });
  expect(template.spec).toMatchObject({
    restartPolicy: 'Never',
    serviceAccountName: 'ranker-peaks',
    automountServiceAccountToken: true,
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [
      {
        name: 'script',
        image: 'python:3.14.0-alpine',
        command: ['python3', '-B', '-u', '/opt/recstack/peaks.py', '/opt/recstack/settings.json'],
        env: [{ name: 'NAMESPACE', value: 'shop' }],
        securityContext: { readOnlyRootFilesystem: true, allowPrivilegeEscalation: false },
      },
    ],
  });
});

test('its program knows the plan, and may read and change that one autoscaler', () => {
  const peaks = emitted([SALE, EVENING]);
  expect(settingsOf(peaks)).toEqual({
    api: 'autoscaling/v2',
    resource: 'horizontalpodautoscalers',
    name: 'ranker',
    minimum: 'minReplicas',
    maximum: 'maxReplicas',
    ordinary: 6,
    timeZone: 'Asia/Shanghai',
    events: [
      {
        name: 'double-11',
        timeZone: 'Asia/Shanghai',
        every: 'year',
        start: '11-10T23:50',
        end: '11-12T02:00',
        replicas: 30,
      },
      { name: 'evening', timeZone: 'Asia/Shanghai', every: 'day', start: '18:30', end: '22:30', replicas: 9 },
    ],
  });
  const role = peaks.objects.get('Role', 'ranker-peaks') as unknown as { rules: PolicyRule[] };
  expect(role.rules).toEqual([
    {
      apiGroups: ['autoscaling'],
      resources: ['horizontalpodautoscalers'],
      resourceNames: ['ranker'],
      verbs: ['get', 'patch'],
    },
  ]);
  const own = peaks.objects.all.filter(
    ({ metadata }) => metadata.labels?.['app.kubernetes.io/name'] === 'ranker-peaks',
  );
  const kinds = ['ConfigMap', 'CronJob', 'CronJob', 'NetworkPolicy', 'Role', 'RoleBinding', 'ServiceAccount'];
  expect(own.map(({ kind }) => kind).sort()).toEqual(kinds);
});

test('with KEDA it does what triggers can not: peaks of once', () => {
  const scaledObject = { kind: 'ScaledObject', name: 'ranker' } as const;
  const peaks = emitted([SALE, ONCE], scaledObject);
  expect(namesOf(peaks.nodes?.cronJobs)).toEqual(['ranker-opening']);
  expect(settingsOf(peaks)).toMatchObject({
    api: 'keda.sh/v1alpha1',
    resource: 'scaledobjects',
    minimum: 'minReplicaCount',
    maximum: 'maxReplicaCount',
    events: [
      { name: 'opening', timeZone: 'Etc/UTC', start: '2026-09-01T01:30', end: '2026-09-01T12:00', replicas: 30 },
    ],
  });
  const role = peaks.objects.get('Role', 'ranker-peaks') as unknown as { rules: PolicyRule[] };
  expect(role.rules).toMatchObject([{ apiGroups: ['keda.sh'], resources: ['scaledobjects'] }]);
  expect(emitted([SALE, EVENING], scaledObject).nodes).toBeUndefined();
});

test('a peak that needs several schedules has several CronJobs, and two at the same hours share one', () => {
  const night: Event = { name: 'night', every: 'day', days: ['fri'], start: '22:00', end: '02:00', replicas: 9 };
  expect(namesOf(emitted([night]).nodes?.cronJobs)).toEqual(['ranker-night', 'ranker-night-2']);
  const later: Event = { ...EVENING, name: 'later', start: '19:10', lead: '30m' };
  expect(namesOf(emitted([EVENING, later]).nodes?.cronJobs)).toEqual(['ranker-evening']);
});

test('an event that no object can be called by, or whose name is long, gives a short name for it', () => {
  const names = (name: string) => namesOf(emitted([{ ...EVENING, name }]).nodes?.cronJobs);
  expect(names('Double 11 · 双十一')).toEqual([expect.stringMatching(/^ranker-[0-9a-f]{8}$/)]);
  expect(names('a'.repeat(60))).toEqual([expect.stringMatching(/^ranker-[0-9a-f]{8}$/)]);
});

test('a server whose name leaves no room is refused', () => {
  const name = 'r'.repeat(40);
  expect(problemsOf(() => emitted([SALE], { ...HPA, name }))).toEqual([
    `[shop] name must have at most 39 characters with peaks, got '${name}': the names of their CronJobs begin with it`,
  ]);
});
