import { ApiObject, App, Chart } from 'cdk8s';
import { Construct } from 'constructs';
import { clusterWide, kubernetesObject } from '../../lib/core/kubernetes-object';
import { InvalidInput } from '../../lib/core/problem';
import { transform } from '../../lib/core/transform';
import { Platform } from '../../lib/platform/platform';
import { synthesize } from '../../lib/testing';

const platform = (app: App, id: string, namespace = id) =>
  new Platform(app, id, { namespace, cluster: { kubernetes: '1.33' } });

function configMap(scope: Construct, id: string, name: string): ApiObject {
  return kubernetesObject(scope, id, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } });
}

test('two objects with one name are refused, naming both', () => {
  const app = new App();
  const shop = platform(app, 'shop');
  configMap(new Construct(shop, 'ranker'), 'settings', 'same');
  configMap(shop, 'other', 'same');
  expect(() => synthesize(app)).toThrow(
    new Error(
      "[shop] ConfigMap 'same' in namespace 'shop' is made twice, by shop/ranker/settings and by shop/other: give one of them another id",
    ),
  );
});

test('of three objects with one name, two are reported', () => {
  const app = new App();
  const shop = platform(app, 'shop');
  for (const id of ['a', 'b', 'c']) configMap(shop, id, 'same');
  expect(() => synthesize(app)).toThrow(
    new Error(
      "[shop] ConfigMap 'same' in namespace 'shop' is made twice, by shop/a and by shop/b: give one of them another id\n" +
        "[shop] ConfigMap 'same' in namespace 'shop' is made twice, by shop/a and by shop/c: give one of them another id",
    ),
  );
});

test('names that only differ in how the path is divided meet, and are refused', () => {
  const app = new App();
  const shop = platform(app, 'shop');
  const object = { apiVersion: 'v1', kind: 'ConfigMap' };
  new ApiObject(new Construct(shop, 'a-b'), 'c', object);
  new ApiObject(new Construct(shop, 'a'), 'b-c', object);
  expect(() => synthesize(app)).toThrow(
    new Error(
      "[shop] ConfigMap 'a-b-c' in namespace 'shop' is made twice, by shop/a-b/c and by shop/a/b-c: give one of them another id",
    ),
  );
});

test('one name in two namespaces, of two kinds, or in two API groups is no duplicate', () => {
  const app = new App();
  const shop = platform(app, 'shop');
  configMap(shop, 'a', 'same');
  configMap(platform(app, 'ads'), 'a', 'same');
  const metadata = { name: 'same' };
  new ApiObject(shop, 'secret', { apiVersion: 'v1', kind: 'Secret', metadata });
  new ApiObject(shop, 'group-1', { apiVersion: 'batch/v1', kind: 'Job', metadata });
  new ApiObject(shop, 'group-2', { apiVersion: 'batch.volcano.sh/v1alpha1', kind: 'Job', metadata });
  expect(synthesize(app).all.filter((manifest) => manifest.metadata.name === 'same')).toHaveLength(5);
});

test('two versions of one API group are one object', () => {
  const app = new App();
  const shop = platform(app, 'shop');
  const metadata = { name: 'same' };
  new ApiObject(shop, 'a', { apiVersion: 'autoscaling/v1', kind: 'HorizontalPodAutoscaler', metadata });
  new ApiObject(shop, 'b', { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata });
  expect(() => synthesize(app)).toThrow('is made twice, by shop/a and by shop/b');
});

test('two platforms cannot own one namespace', () => {
  const app = new App();
  platform(app, 'a', 'shop');
  platform(app, 'b', 'shop');
  expect(() => synthesize(app)).toThrow("Namespace 'shop' is made twice, by a/namespace and by b/namespace");
});

test('objects in charts beside the platform are looked at, too', () => {
  const app = new App();
  platform(app, 'shop');
  configMap(new Chart(app, 'a', { namespace: 'shop' }), 'x', 'same');
  configMap(new Chart(app, 'b', { namespace: 'shop' }), 'x', 'same');
  expect(() => synthesize(app)).toThrow("ConfigMap 'same' in namespace 'shop' is made twice, by a/x and by b/x");
});

test('each app is checked for itself, however many a process builds', () => {
  const apps = [new App(), new App()];
  for (const app of apps) configMap(platform(app, 'shop'), 'settings', 'same');
  for (const app of apps) expect(synthesize(app).ofKind('ConfigMap')).toHaveLength(1);
  const [, second = new App()] = apps;
  configMap(new Chart(second, 'more', { namespace: 'shop' }), 'settings', 'same');
  expect(() => synthesize(second)).toThrow('made twice, by shop/settings and by more/settings');
  expect(synthesize(apps[0] ?? second).ofKind('ConfigMap')).toHaveLength(1);
});

test('what belongs to the whole cluster is made once, whatever the namespaces of its charts', () => {
  const app = new App();
  for (const id of ['shop', 'ads']) {
    const metadata = { name: 'same' };
    const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata };
    clusterWide(kubernetesObject(platform(app, id), 'role', role));
  }
  expect(() => synthesize(app)).toThrow('is made twice, by shop/role and by ads/role');
});

test('the names that count are those that are written', () => {
  const app = new App();
  const shop = platform(app, 'shop');
  for (const id of ['a', 'b']) transform(configMap(shop, id, id), { metadata: { name: 'same' } });
  expect(() => synthesize(app)).toThrow("ConfigMap 'same' in namespace 'shop' is made twice, by shop/a and by shop/b");
});

test('two objects that a transform tells apart are no duplicates', () => {
  const app = new App();
  const shop = platform(app, 'shop');
  for (const id of ['a', 'b']) transform(configMap(shop, id, 'same'), { metadata: { name: id } });
  expect(synthesize(app).ofKind('ConfigMap')).toHaveLength(2);
});

test('of an object without a namespace, none is named', () => {
  const app = new App();
  platform(app, 'a', 'shop');
  platform(app, 'b', 'shop');
  const chart = new Chart(app, 'plain');
  for (const id of ['x', 'y']) configMap(chart, id, 'same');
  let message = '';
  try {
    synthesize(app);
  } catch (error) {
    message = (error as InvalidInput).message;
  }
  expect(message).toContain("ConfigMap 'same' is made twice, by plain/x and by plain/y");
  expect(message).toContain("Namespace 'shop' is made twice, by a/namespace and by b/namespace");
});

test('a platform that is synthesized by itself is checked, also when it is not the first of its app', () => {
  const app = new App();
  platform(app, 'first');
  const second = platform(app, 'second');
  for (const id of ['a', 'b']) configMap(second, id, 'same');
  expect(() => synthesize(second)).toThrow(InvalidInput);
});
