import * as pulumi from '@pulumi/pulumi';
import { ApiObject, App, Chart, Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import type { ConfigMap } from 'kubernetes-types/core/v1';
import { holdsPlaceholder } from '../../lib/core/deferred';
import { InvalidInput } from '../../lib/core/problem';
import { transform } from '../../lib/core/transform';

const chart = () => new Chart(new App(), 'shop');

function configMap(scope: Construct = chart(), id = 'settings'): ApiObject {
  return new ApiObject(scope, id, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: id }, data: { a: '1' } });
}

test('a patch is laid over the object', () => {
  const object = configMap();
  transform<ConfigMap>(object, { metadata: { annotations: { x: 'y' } }, data: { b: '2' }, immutable: true });
  expect(object.toJson()).toEqual({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'settings', annotations: { x: 'y' } },
    data: { a: '1', b: '2' },
    immutable: true,
  });
});

test('null in a patch removes a field', () => {
  const object = configMap();
  transform<ConfigMap>(object, { data: { a: null } });
  expect(object.toJson().data).toEqual({});
});

test('a function is given the whole object and returns what is emitted', () => {
  const object = configMap();
  transform<ConfigMap>(object, ({ data, ...rest }) => ({
    ...rest,
    data: { ...data, count: `${Object.keys(data ?? {}).length}` },
  }));
  expect(object.toJson()).toEqual({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'settings' },
    data: { a: '1', count: '1' },
  });
});

test('several transforms apply in the order in which they were asked for', () => {
  const object = configMap();
  transform<ConfigMap>(object, { data: { a: '2' } });
  transform<ConfigMap>(object, (seen) => ({ ...seen, data: { ...seen.data, b: `${seen.data?.a}+1` } }));
  transform<ConfigMap>(object, { data: { a: null } });
  expect(object.toJson().data).toEqual({ b: '2+1' });
});

test('synthesizing twice gives the same twice, also when the function changes what it was given', () => {
  const object = configMap();
  transform<{ data: Record<string, string> }>(object, (seen) => {
    seen.data.a += '!';
    return seen;
  });
  expect(object.toJson().data).toEqual({ a: '1!' });
  expect(object.toJson().data).toEqual({ a: '1!' });
});

test("cdk8s' own synth writes the transformed object too", () => {
  const shop = chart();
  transform<ConfigMap>(configMap(shop), { data: { b: '2' } });
  configMap(shop, 'untouched');
  expect(Testing.synth(shop).map(({ data }) => data)).toEqual([{ a: '1', b: '2' }, { a: '1' }]);
});

test('fields newer than Kubernetes 1.28 survive on a Service of cdk8s-plus', () => {
  const service = new kplus.Service(chart(), 'ranker', { ports: [{ port: 80, name: 'http' }] });
  transform(service, { spec: { trafficDistribution: 'PreferClose', ports: [{ name: 'http', appProtocol: 'grpc' }] } });
  const { spec } = ApiObject.of(service).toJson();
  expect(spec.trafficDistribution).toBe('PreferClose');
  expect(spec.ports).toEqual([{ name: 'http', port: 80, appProtocol: 'grpc' }]);
});

test('fields newer than Kubernetes 1.28 survive on the containers of a Deployment of cdk8s-plus', () => {
  const deployment = new kplus.Deployment(chart(), 'ranker', { containers: [{ image: 'nginx:1.27' }] });
  const containers = [{ name: 'main', lifecycle: { preStop: { sleep: { seconds: 5 } } } }];
  transform(deployment, { spec: { template: { spec: { containers } } } });
  const { spec } = ApiObject.of(deployment).toJson();
  expect(spec.template.spec.containers).toHaveLength(1);
  expect(spec.template.spec.containers[0]).toMatchObject({
    name: 'main',
    image: 'nginx:1.27',
    lifecycle: { preStop: { sleep: { seconds: 5 } } },
  });
});

test('a transform sees what others add later: it comes last', () => {
  const config = new kplus.ConfigMap(chart(), 'settings');
  transform<ConfigMap>(config, (seen) => ({ ...seen, data: { keys: Object.keys(seen.data ?? {}).join() } }));
  config.addData('late', 'x');
  expect(ApiObject.of(config).toJson().data).toEqual({ keys: 'late' });
});

test.each([
  [undefined, 'nothing'],
  [null, 'null'],
  ['ConfigMap', "'ConfigMap'"],
  [{ data: {} }, '{"data":{}}'],
])('a function that returns %p instead of the object is an error at synth, with the path', (result, shown) => {
  const object = configMap();
  transform(object, (() => result) as never);
  expect(() => object.toJson()).toThrow(
    new InvalidInput([{ where: 'shop/settings', text: `transform must return the ConfigMap, got ${shown}` }]),
  );
});

test('a patch that takes the kind away is an error at synth', () => {
  const object = configMap();
  transform(object, { kind: null });
  expect(() => object.toJson()).toThrow(InvalidInput);
});

function refusal(use: () => unknown): string {
  try {
    use();
  } catch (error) {
    if (error instanceof InvalidInput) return error.message;
    throw error;
  }
  return '';
}

test('a kind that is changed is an error at synth', () => {
  const object = configMap();
  transform<{ kind: string }>(object, { kind: 'Secret' });
  expect(refusal(() => object.toJson())).toBe(
    "[shop/settings] kind must stay 'ConfigMap' in a transform, got 'Secret'",
  );
});

test.each([
  ['x', "'x'"],
  [1, '1'],
  [null, 'null'],
  [[], '[]'],
  [pulumi.output({}), 'an object of OutputImpl'],
])('a change that is %p is refused at once', (change, shown) => {
  expect(refusal(() => transform(configMap(), change as never))).toBe(
    `[shop/settings] transform must be a part to lay over the ConfigMap, or a function, got ${shown}`,
  );
});

test.each(['a patch', 'a function'])('what holds itself in %s is refused with its path', (what) => {
  const data: Record<string, unknown> = { list: [{}] };
  data.list = [{ again: data }];
  const object = configMap();
  transform<object>(object, what === 'a patch' ? { data } : (seen) => ({ ...seen, data }));
  expect(refusal(() => object.toJson())).toBe(
    '[shop/settings] data.list[0].again must not hold itself: the transform made a circle',
  );
});

test('what a function throws is told with the object it was to transform', () => {
  const object = configMap();
  transform<object>(object, () => {
    throw new TypeError('boom');
  });
  expect(refusal(() => object.toJson())).toBe('[shop/settings] transform of the ConfigMap failed: boom');
});

test('an Output that a function puts deep into what it was given becomes its placeholder', () => {
  const object = configMap();
  transform<{ data: Record<string, unknown> }>(object, (seen) => {
    seen.data.bucket = pulumi.output('models');
    return seen;
  });
  expect(holdsPlaceholder(object.toJson().data.bucket)).toBe(true);
});

test('a construct without an object in it is refused in the house form', () => {
  const empty = new Construct(chart(), 'empty');
  expect(() => transform(empty, {})).toThrow(InvalidInput);
});

test.each([
  ['a patch', { data: { bucket: pulumi.output('models') } }],
  ['a function', (seen: object) => ({ ...seen, data: { bucket: pulumi.output('models') } })],
] as const)('an Output in %s becomes its placeholder', (_what, change) => {
  const object = configMap();
  transform<object>(object, change);
  expect(holdsPlaceholder(object.toJson().data.bucket)).toBe(true);
});

test('a patch that does not fit the object does not compile', () => {
  const shop = chart();
  // @ts-expect-error: data are strings
  transform<ConfigMap>(configMap(shop, 'a'), { data: { a: 1 } });
  // @ts-expect-error: no such field
  transform<ConfigMap>(configMap(shop, 'b'), { dta: {} });
  // @ts-expect-error: the function must return the object
  transform<ConfigMap>(configMap(shop, 'c'), () => undefined);
  expect(shop.node.children).toHaveLength(3);
});
