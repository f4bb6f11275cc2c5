import { ApiObject, App, Chart } from 'cdk8s';
import { Construct } from 'constructs';
import { explain } from '../../lib/core/derivation';
import { plan } from '../../lib/synth/plan';
import { problemsOf } from '../serving/fixtures';

const grace = { what: 'terminationGracePeriodSeconds', value: '45s', formula: '10s + 30s + 5s' };
const memory = { what: 'memory', value: '4Gi', formula: '2 × 2Gi' };

function tree() {
  const app = new App();
  const shop = new Chart(app, 'shop');
  const ranker = new Construct(shop, 'ranker');
  const late = new Construct(shop, 'late');
  const object = (scope: Construct, id: string, kind: string) =>
    new ApiObject(scope, id, { apiVersion: 'v1', kind, metadata: { name: `${scope.node.id}-${id}` } });
  return { app, shop, ranker, late, object };
}

test('objects are counted by kind for what stands directly below a chart, in the order of the tree', () => {
  const { app, shop, ranker, late, object } = tree();
  object(late, 'a', 'Secret');
  object(ranker, 'a', 'Service');
  object(new Construct(ranker, 'inside'), 'b', 'ConfigMap');
  object(ranker, 'c', 'ConfigMap');
  object(shop, 'd', 'Service');
  const { workloads, manifests } = plan(app);
  expect(workloads.map(({ path, kinds }) => [path, Object.fromEntries(kinds)])).toEqual([
    ['shop', { Service: 1 }],
    ['shop/ranker', { ConfigMap: 2, Service: 1 }],
    ['shop/late', { Secret: 1 }],
  ]);
  expect(manifests).toHaveLength(5);
});

test('a number of a part of a workload is told with the name of the part', () => {
  const { app, ranker, object } = tree();
  const autoscaler = new Construct(ranker, 'autoscaler');
  object(ranker, 'a', 'Service');
  explain(autoscaler, [memory]);
  explain(ranker, [grace]);
  expect(plan(app).workloads.map(({ path, derivations }) => [path, derivations])).toEqual([
    ['shop/ranker', [grace, { ...memory, what: 'autoscaler memory' }]],
  ]);
});

test('a workload without objects of its own still tells its numbers', () => {
  const { app, late } = tree();
  explain(late, [memory]);
  expect(plan(app).workloads).toEqual([{ path: 'shop/late', kinds: new Map(), derivations: [memory] }]);
});

test('what is wrong in the tree is refused', () => {
  const { app, late } = tree();
  late.node.addValidation({ validate: () => ['is too late'] });
  expect(problemsOf(() => plan(app))).toEqual(['[shop/late] is too late']);
});
