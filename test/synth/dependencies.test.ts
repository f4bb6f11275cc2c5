import { ApiObject, App, Chart } from 'cdk8s';
import { inDependencyOrder, type Unordered } from '../../lib/synth/dependencies';
import { type Manifest, visitLeaves } from '../../lib/synth/manifest';
import { References } from '../../lib/synth/references';

function ordered(chart: Chart) {
  const objects = chart.node.findAll().filter((node): node is ApiObject => ApiObject.isApiObject(node));
  return inDependencyOrder(objects.map((object) => withReferences(object, object.toJson() as Manifest)));
}

function withReferences(object: ApiObject, manifest: Manifest): Unordered {
  const references = new References(manifest);
  visitLeaves(manifest, { text: (text, path, holder) => references.visit(text, path, holder) });
  return { object, manifest, references: references.keys };
}

const order = (chart: Chart) => ordered(chart).map(({ path }) => path);

function configMap(chart: Chart, id: string, data: Record<string, string> = {}): ApiObject {
  return new ApiObject(chart, id, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: id }, data });
}

function podWith(chart: Chart, id: string, spec: object): ApiObject {
  return new ApiObject(chart, id, { apiVersion: 'v1', kind: 'Pod', metadata: { name: id }, spec });
}

let chart: Chart;
beforeEach(() => {
  chart = new Chart(new App(), 'c', { namespace: 'shop' });
});

test('without dependencies the order is that of the tree', () => {
  configMap(chart, 'b');
  configMap(chart, 'a');
  expect(order(chart)).toEqual(['c/b', 'c/a']);
});

test('what a manifest refers to comes before it', () => {
  podWith(chart, 'pod', { volumes: [{ name: 'v', configMap: { name: 'config' } }] });
  configMap(chart, 'config');
  expect(order(chart)).toEqual(['c/config', 'c/pod']);
  expect(ordered(chart)[1]?.dependsOn.map(({ path }) => path)).toEqual(['c/config']);
});

test('the namespace comes before everything in it', () => {
  configMap(chart, 'config');
  new ApiObject(chart, 'namespace', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
  // cdk8s gives even a Namespace the namespace of its chart; Platform takes it off.
  const objects = chart.node.findAll().filter((node): node is ApiObject => ApiObject.isApiObject(node));
  const manifests = objects.map((object) => {
    const { metadata, ...rest } = object.toJson() as Manifest;
    const manifest = { ...rest, metadata: object.kind === 'Namespace' ? { name: 'shop' } : metadata };
    return withReferences(object, manifest as Manifest);
  });
  expect(inDependencyOrder(manifests).map(({ path }) => path)).toEqual(['c/namespace', 'c/config']);
});

test('a declared dependency is kept, also one between constructs that hold several objects', () => {
  const late = configMap(chart, 'late');
  const early = new Chart(chart, 'early');
  configMap(early, 'one');
  configMap(early, 'two');
  late.node.addDependency(early);
  expect(order(chart)).toEqual(['c/early/one', 'c/early/two', 'c/late']);
});

test('a workload does not wait for a Service that waits for its pods; for a headless one it does', () => {
  podWith(chart, 'pod', { subdomain: 'nodes' });
  const service = (id: string, clusterIP: string) =>
    new ApiObject(chart, id, { apiVersion: 'v1', kind: 'Service', metadata: { name: 'nodes' }, spec: { clusterIP } });
  service('service', '10.0.0.1');
  expect(order(chart)).toEqual(['c/pod', 'c/service']);
  chart.node.tryRemoveChild('service');
  service('headless', 'None');
  expect(order(chart)).toEqual(['c/headless', 'c/pod']);
});

test('a circle is an error that names it', () => {
  const [a, b] = [configMap(chart, 'a'), configMap(chart, 'b')];
  a.node.addDependency(b);
  b.node.addDependency(a);
  expect(() => order(chart)).toThrow('[c/a] depends on itself: c/a → c/b → c/a');
});

test('a chain of thousands neither overflows nor grows quadratically', () => {
  let before: ApiObject | undefined;
  for (let i = 0; i < 5000; i++) {
    const object = configMap(chart, `o${i}`);
    if (before) before.node.addDependency(object);
    before = object;
  }
  expect(order(chart)[0]).toBe('c/o4999');
});
