import * as kplus from 'cdk8s-plus-28';
import type { CronJobSpec } from 'kubernetes-types/batch/v1';
import type { PolicyRule } from 'kubernetes-types/rbac/v1';
import { Monitoring, type TrainingJob, type TrainingJobProps, type TrainOn } from '../../lib';
import { observedTriggers } from '../../lib/core/observed';
import { matchers } from '../../lib/testing';
import { objectsOf, platform, problemsOf, specOf } from '../serving/fixtures';
import { jobSetPlatform, training } from './fixtures';

expect.extend(matchers);

const NAME = 'retraining-trigger';
const TRAIN_ON: TrainOn = { alerts: ['RankerDrift', { name: 'NewClicks', expr: 'clicks > 1e6', for: '5m' }] };

function triggered(props: Partial<TrainingJobProps> = {}, shop = platform(), watched = true): TrainingJob {
  // After the job, as it may be: who calls is asked at synth.
  const job = training({ trainOn: TRAIN_ON, ...props }, shop);
  if (watched) new Monitoring(shop, 'monitoring');
  return job;
}

const objects = (props: Partial<TrainingJobProps> = {}) => {
  const shop = platform();
  triggered(props, shop);
  return objectsOf(shop);
};

test('without a schedule, the runs are made from a CronJob that is suspended', () => {
  const spec = specOf<CronJobSpec>(objects(), 'CronJob', 'retraining');
  expect(spec).toMatchObject({ schedule: '0 0 1 1 *', suspend: true });
  expect(spec.jobTemplate.spec).not.toHaveProperty('suspend');
});

test('a schedule stays as it is beside the alerts', () => {
  const spec = specOf<CronJobSpec>(objects({ schedule: '0 2 * * *' }), 'CronJob', 'retraining');
  expect(spec.schedule).toBe('0 2 * * *');
  expect(spec).not.toHaveProperty('suspend');
});

test('the receiver knows its alerts and the cool-down, six hours unless said otherwise', () => {
  const settingsOf = (trainOn: TrainOn) => {
    const { data } = objects({ trainOn }).get('ConfigMap', NAME) as unknown as { data: Record<string, string> };
    return JSON.parse(data['settings.json'] ?? '');
  };
  expect(settingsOf(TRAIN_ON)).toEqual({
    cronJob: 'retraining',
    cooldownSeconds: 21_600,
    alerts: ['RankerDrift', 'NewClicks'],
  });
  expect(settingsOf({ ...TRAIN_ON, cooldown: '7d' }).cooldownSeconds).toBe(604_800);
});

test('it may read and mark its own CronJob, and make Jobs: nothing else', () => {
  const { rules } = objects().get('Role', NAME) as unknown as { rules: PolicyRule[] };
  expect(rules).toEqual([
    { apiGroups: ['batch'], resources: ['cronjobs'], resourceNames: ['retraining'], verbs: ['get', 'patch'] },
    { apiGroups: ['batch'], resources: ['cronjobs/status'], resourceNames: ['retraining'], verbs: ['patch'] },
    { apiGroups: ['batch'], resources: ['jobs'], verbs: ['list', 'create'] },
  ]);
});

test('only Alertmanager may call it, and is let out to it', () => {
  const manifests = objects();
  const labels = (name: string) => ({ 'app.kubernetes.io/name': name, 'app.kubernetes.io/part-of': 'shop' });
  const ports = [{ protocol: 'TCP', port: 8080 }];
  expect(manifests.get('NetworkPolicy', NAME).spec).toMatchObject({
    podSelector: { matchLabels: labels(NAME) },
    ingress: [{ from: [{ podSelector: { matchLabels: labels('monitoring-alertmanager') } }], ports }],
  });
  expect(manifests.get('NetworkPolicy', `${NAME}-caller`).spec).toEqual({
    podSelector: {
      matchLabels: { 'app.kubernetes.io/part-of': 'shop' },
      matchExpressions: [{ key: 'app.kubernetes.io/name', operator: 'In', values: ['monitoring-alertmanager'] }],
    },
    policyTypes: ['Egress'],
    egress: [{ to: [{ podSelector: { matchLabels: labels(NAME) } }], ports }],
  });
});

test('monitoring is told where to post which alerts', () => {
  const shop = platform();
  triggered({}, shop);
  const url = `http://${NAME}.shop.svc:8080/alerts`;
  expect(observedTriggers(shop)).toEqual([
    {
      name: NAME,
      namespace: 'shop',
      training: 'retraining',
      url,
      alerts: [{ name: 'RankerDrift' }, { name: 'NewClicks', expr: 'clicks > 1e6', for: '5m' }],
    },
  ]);
  expect(objectsOf(shop).get('Service', NAME).spec).toMatchObject({
    ports: [{ name: 'http', port: 8080, targetPort: 'http', protocol: 'TCP' }],
  });
});

test('an alert that nobody would tell it of is a mistake, unless an Alertmanager of your own is let in', () => {
  const shop = platform();
  const { trigger } = triggered({}, shop, false).nodes;
  expect(problemsOf(() => objectsOf(shop))).toEqual([
    '[shop/retraining/trigger] must have somebody who tells it of alerts, got none: add a Monitoring to the platform or allowFrom an Alertmanager of your own',
  ]);
  trigger?.allowFrom(kplus.Pods.select(shop, 'alertmanager', { labels: { app: 'alertmanager' } }));
  const manifests = objectsOf(shop);
  expect(manifests.get('NetworkPolicy', NAME).spec).not.toHaveProperty('ingress');
  expect(manifests).toHaveObject('NetworkPolicy', `${NAME}-from-alertmanager`, {
    spec: { ingress: [{ ports: [{ port: 8080, protocol: 'TCP' }] }] },
  });
});

test('several nodes run as a Job where alerts start them, although the cluster has JobSets', () => {
  const shop = jobSetPlatform();
  triggered({ nodes: 4 }, shop);
  expect(objectsOf(shop)).toHaveObject('CronJob', 'retraining');
});

test('a JobSet runs once', () => {
  const shop = jobSetPlatform();
  triggered({ engine: 'jobset', nodes: 4 }, shop);
  expect(problemsOf(() => objectsOf(shop))).toEqual([
    "[shop/retraining] trainOn must be left out with the engine 'jobset', which runs once, got 'RankerDrift, NewClicks': set engine to 'job'",
  ]);
});

test('a transform of the Job is refused, as there is none', () => {
  const shop = platform();
  triggered({ transform: { job: {} } }, shop);
  expect(problemsOf(() => objectsOf(shop))).toEqual([
    '[shop/retraining] transform.job must come without trainOn, got one, which makes a CronJob: use transform.cronJob',
  ]);
});

const nameRule = "must be the name of an alert, like 'RankerDrift', or { name, expr, for }";
test.each<[string, object, string[]]>([
  ['no alerts', { alerts: [] }, ['trainOn.alerts must have at least one alert, got []']],
  ['no name', { alerts: ['ranker-drift'] }, [`trainOn.alerts[0] ${nameRule}, got 'ranker-drift'`]],
  ['no expression', { alerts: [{ name: 'Drift' }] }, [`trainOn.alerts[0] ${nameRule}, got {"name":"Drift"}`]],
])('refused: %s', (_, trainOn, texts) => {
  expect(problemsOf(() => training({ trainOn: trainOn as TrainOn }))).toEqual(
    texts.map((text) => `[shop/retraining] ${text}`),
  );
});
