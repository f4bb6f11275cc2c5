import { ApiObject, App, Chart } from 'cdk8s';
import { Manifests, matchers, synthesize } from '../../lib/testing';

expect.extend(matchers);

const chart = () => new Chart(new App(), 'c', { namespace: 'shop' });

function object(scope: Chart, kind: string, name: string, rest: object = {}): void {
  new ApiObject(scope, `${kind}-${name}`, { apiVersion: 'v1', kind, metadata: { name }, ...rest });
}

test('objects are found by kind and name', () => {
  const scope = chart();
  object(scope, 'ConfigMap', 'a', { data: { x: '1' } });
  object(scope, 'ConfigMap', 'b');
  const manifests = synthesize(scope);
  expect(manifests.get('ConfigMap', 'a').data).toEqual({ x: '1' });
  expect(manifests.ofKind('ConfigMap').map(({ metadata }) => metadata.name)).toEqual(['a', 'b']);
  expect(manifests.find('ConfigMap', 'c')).toBeUndefined();
});

test('with one name in several namespaces, the namespace tells them apart', () => {
  const app = new App();
  for (const namespace of ['one', 'two']) object(new Chart(app, namespace, { namespace }), 'ConfigMap', 'a');
  const manifests = synthesize(app);
  expect(manifests.get('ConfigMap', 'a', 'two').metadata.namespace).toBe('two');
  expect(manifests.find('ConfigMap', 'a', 'three')).toBeUndefined();
});

test('asking for what is not there says what is', () => {
  const scope = chart();
  object(scope, 'ConfigMap', 'a');
  object(scope, 'Service', 'b');
  const manifests = synthesize(scope);
  expect(() => manifests.get('ConfigMap', 'x')).toThrow("there is no ConfigMap 'x'; there are a");
  expect(() => manifests.get('Deployment', 'x')).toThrow('there is no Deployment at all; there are ConfigMap, Service');
});

test('toHaveObject compares the fields that are given, and no others', () => {
  const scope = chart();
  object(scope, 'ConfigMap', 'a', { data: { x: '1', y: '2' } });
  const manifests = synthesize(scope);
  expect(manifests).toHaveObject('ConfigMap', 'a');
  expect(manifests).toHaveObject('ConfigMap', 'a', { data: { x: '1' } });
  expect(manifests).not.toHaveObject('ConfigMap', 'a', { data: { x: '2' } });
  expect(manifests).not.toHaveObject('Secret', 'a');
  expect(() => expect(manifests).toHaveObject('ConfigMap', 'a', { data: { x: '2' } })).toThrow(
    /ConfigMap 'a' is not as expected:/,
  );
  expect(() => expect(manifests).not.toHaveObject('ConfigMap', 'a', { data: { x: '1' } })).toThrow(
    "ConfigMap 'a' should not have",
  );
  expect(() => expect(manifests).toHaveObject('ConfigMap', 'b')).toThrow("there is no ConfigMap 'b'; there are a");
  expect(() => expect([]).toHaveObject('ConfigMap', 'a')).toThrow('toHaveObject is about the result of synthesize(…)');
});

test('a snapshot is sorted, whatever the order of the tree', () => {
  const snapshot = (...names: string[]) => {
    const scope = chart();
    for (const name of names) object(scope, 'ConfigMap', name);
    return JSON.stringify(synthesize(scope));
  };
  expect(snapshot('b', 'a')).toBe(snapshot('a', 'b'));
  expect(Object.keys(JSON.parse(snapshot('b', 'a')))).toEqual(['ConfigMap/shop/a', 'ConfigMap/shop/b']);
});

test('objects of one name in different API groups are both in the snapshot', () => {
  const scope = chart();
  new ApiObject(scope, 'x', { apiVersion: 'a.example.com/v1', kind: 'Service', metadata: { name: 'a' } });
  new ApiObject(scope, 'y', { apiVersion: 'b.example.com/v1', kind: 'Service', metadata: { name: 'a' } });
  expect(Object.values(synthesize(scope).toJSON())).toHaveLength(2);
});

test('what is wrong in the tree is thrown, so that a test does not pass on half a stack', () => {
  const scope = chart();
  scope.node.addValidation({ validate: () => ['is wrong'] });
  expect(() => synthesize(scope)).toThrow('[c] is wrong');
});

test('Manifests can be made of objects that come from elsewhere', () => {
  const manifests = new Manifests([{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } }]);
  expect(manifests).toHaveObject('ConfigMap', 'a');
});
