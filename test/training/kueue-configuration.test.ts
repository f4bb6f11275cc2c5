import { App } from 'cdk8s';
import { parse } from 'yaml';
import { kueueConfiguration, Platform, TrainingQueue } from '../../lib';
import { own, problemsOf, ranker } from '../serving/fixtures';
import { training } from './fixtures';

/** A queue for runs on CPU in each of some platforms. */
function queuesIn(...ids: readonly string[]) {
  const app = new App();
  const cluster = { kubernetes: '1.33', addons: ['kueue', 'jobset', 'metrics-server'] } as const;
  const platforms = ids.map((id) => new Platform(app, id, { cluster }));
  const queues = platforms.map((platform) => new TrainingQueue(platform, 'cpu', { cpu: '640', memory: '9Ti' }));
  return { app, platforms, queues };
}

const frameworksOf = (yaml: string) => parse(yaml).integrations.frameworks;

test('what is let in and cannot start goes back to the queue, behind the others, and holds nobody else up', () => {
  const { app, platforms, queues } = queuesIn('shop', 'search');
  platforms.forEach((platform, i) => {
    training({ queue: queues[i] }, platform);
  });
  expect(parse(kueueConfiguration(app))).toEqual({
    apiVersion: 'config.kueue.x-k8s.io/v1beta1',
    kind: 'Configuration',
    health: { healthProbeBindAddress: ':8081' },
    metrics: { bindAddress: ':8443' },
    webhook: { port: 9443 },
    leaderElection: { leaderElect: true, resourceName: 'c1f6bfd2.kueue.x-k8s.io' },
    integrations: { frameworks: ['batch/job'] },
    managedJobsNamespaceSelector: {
      matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values: ['search', 'shop'] }],
    },
    waitForPodsReady: {
      enable: true,
      timeout: '600s',
      recoveryTimeout: '600s',
      blockAdmission: false,
      requeuingStrategy: { timestamp: 'Eviction' },
    },
  });
});

test.each([
  ['a Job', { engine: 'job' }, ['batch/job']],
  ['a CronJob', { schedule: '0 2 * * *' }, ['batch/job']],
  ['a JobSet', { nodes: 2 }, ['jobset.x-k8s.io/jobset']],
] as const)('only the kinds that are queued are taken in: %s', (_what, props, frameworks) => {
  const { app, platforms, queues } = queuesIn('shop', 'search');
  training({ queue: queues[0], ...props }, platforms[0]);
  training({ nodes: 2 }, platforms[1]);
  const yaml = kueueConfiguration(app);
  expect(frameworksOf(yaml)).toEqual(frameworks);
  expect(parse(yaml).managedJobsNamespaceSelector.matchExpressions[0].values).toEqual(['shop']);
});

test('servers enter pod by pod, and have the time that they need to start', () => {
  const { app, platforms, queues } = queuesIn('shop');
  const [shop] = platforms;
  const server = ranker({ runtime: own(), startup: { pullPerSecond: '10Mi' } }, shop);
  queues[0]?.serve(server);
  const { spec } = server.nodes.deployment.toJson();
  expect(spec.progressDeadlineSeconds).toBeGreaterThan(2000);
  const yaml = kueueConfiguration(app);
  expect(frameworksOf(yaml)).toEqual(['deployment', 'pod']);
  const { timeout, recoveryTimeout } = parse(yaml).waitForPodsReady;
  expect([timeout, recoveryTimeout]).toEqual(Array(2).fill(`${spec.progressDeadlineSeconds}s`));
  expect(problemsOf(() => kueueConfiguration(app, { podsReadyWithin: '10m' }))[0]).toMatch(
    /^\[kueueConfiguration\] podsReadyWithin must be at least '.+', which the queued servers may take to start, got '10m': their replicas would be stopped before$/,
  );
});

test('it can be given longer', () => {
  const { app, platforms, queues } = queuesIn('shop');
  training({ queue: queues[0] }, platforms[0]);
  expect(parse(kueueConfiguration(app, { podsReadyWithin: '1h' })).waitForPodsReady).toMatchObject({
    timeout: '3600s',
    recoveryTimeout: '3600s',
  });
});

test('a tree without anything in a queue needs none', () => {
  expect(problemsOf(() => kueueConfiguration(queuesIn('shop').app))).toEqual([
    '[kueueConfiguration] must be given a tree with something in a queue, got one without',
  ]);
});
