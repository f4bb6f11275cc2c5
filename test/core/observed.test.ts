import { App, Chart } from 'cdk8s';
import { Construct } from 'constructs';
import {
  type ObservedServer,
  observe,
  observedFunnels,
  observedNotifiers,
  observedPrometheus,
  observedServers,
  observedTriggers,
  observeFunnel,
  observeNotifier,
  observePrometheus,
  observeTrigger,
} from '../../lib/core/observed';

const server = (name: string): ObservedServer => ({
  name,
  namespace: 'shop',
  metrics: undefined,
  usesGpu: false,
  slos: [],
  pods: `${name}-[a-z0-9]{5}`,
  container: 'server',
});

test('the servers below a construct are found, in the order of the tree', () => {
  const app = new App();
  const chart = new Chart(app, 'shop');
  const group = new Construct(chart, 'group');
  const last = new Construct(chart, 'last');
  observe(last, server('last'));
  observe(new Construct(group, 'first'), server('first'));
  expect(observedServers(app).map(({ name }) => name)).toEqual(['first', 'last']);
  expect(observedServers(group)).toEqual([server('first')]);
  expect(observedServers(last)).toEqual([server('last')]);
});

test('a tree without servers has none', () => {
  expect(observedServers(new App())).toEqual([]);
});

test('a server that another copy of recstack observed is found', () => {
  const construct = new Construct(new App(), 'ranker');
  jest.isolateModules(() => {
    const other: typeof import('../../lib/core/observed') = require('../../lib/core/observed');
    other.observe(construct, server('ranker'));
  });
  expect(observedServers(construct)).toEqual([server('ranker')]);
});

test('funnels are found beside servers, below the construct that is asked about', () => {
  const app = new App();
  const [shop, other] = [new Construct(app, 'shop'), new Construct(app, 'other')];
  const home = { name: 'home', namespace: 'shop', deadlineSeconds: 0.15, stages: [], withoutFallback: 0.95 };
  observeFunnel(new Construct(shop, 'home'), home);
  expect(observedFunnels(shop)).toEqual([home]);
  expect(observedFunnels(other)).toEqual([]);
});

test('triggers, and those who send alerts on, are found below the construct that is asked about', () => {
  const app = new App();
  const shop = new Chart(app, 'shop');
  const trigger = { name: 'dlrm-trigger', namespace: 'shop', training: 'dlrm', url: 'http://dlrm-trigger', alerts: [] };
  observeTrigger(new Construct(shop, 'trigger'), trigger);
  observeNotifier(new Construct(shop, 'alertmanager'), 'alertmanager');
  expect(observedTriggers(app)).toEqual([trigger]);
  expect(observedNotifiers(app)).toEqual(['alertmanager']);
  const other = new Chart(app, 'other');
  expect([...observedTriggers(other), ...observedNotifiers(other)]).toEqual([]);
});

test('of several Prometheus the first in the tree is found, and of none nothing', () => {
  const chart = new Chart(new App(), 'shop');
  expect(observedPrometheus(chart)).toBeUndefined();
  const [first, last] = [new Construct(chart, 'first'), new Construct(chart, 'last')];
  observePrometheus(last, { name: 'last', namespace: 'shop', port: 9091 });
  observePrometheus(first, { name: 'first', namespace: 'shop', port: 9090 });
  expect(observedPrometheus(chart)).toEqual({ name: 'first', namespace: 'shop', port: 9090 });
});
