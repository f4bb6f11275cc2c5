import { output } from '@pulumi/pulumi';
import { ApiObject, App, Chart } from 'cdk8s';
import { placeholderOf } from '../../lib/core/deferred';
import { kubernetesObject } from '../../lib/core/kubernetes-object';
import { InvalidInput } from '../../lib/core/problem';
import { transform } from '../../lib/core/transform';
import { render } from '../../lib/synth/render';

let app: App;
let chart: Chart;
beforeEach(() => {
  app = new App();
  chart = new Chart(app, 'c');
});

function object(fields: object = {}, { apiVersion = 'v1', id = 'a', name = 'a' } = {}): ApiObject {
  return kubernetesObject(chart, id, { apiVersion, kind: 'Thing', metadata: { name }, ...fields });
}

function problems(): string[] {
  try {
    render(app, { deferred: 'keep' });
  } catch (error) {
    if (error instanceof InvalidInput) return error.message.split('\n');
    throw error;
  }
  return [];
}

class Custom {}
const PLAIN = 'give a string, a finite number, a boolean, a list or a map';

test.each([
  [Number.NaN, 'NaN'],
  [Number.POSITIVE_INFINITY, 'Infinity'],
  [1n, '1'],
  [() => 1, 'a function'],
  [Symbol('x'), 'Symbol(x)'],
])('%p is refused with its path, in an object as in a transform', (value, shown) => {
  object({ spec: { list: [{ value }] } });
  transform<object>(new ApiObject(chart, 'b', { apiVersion: 'v1', kind: 'Thing' }), { spec: { value } });
  transform<object>(new ApiObject(chart, 'd', { apiVersion: 'v1', kind: 'Thing' }), (seen) => ({ ...seen, value }));
  expect(problems()).toEqual([
    `[c/a] spec.list[0].value must be plain data, got ${shown}: ${PLAIN}`,
    `[c/b] spec.value must be plain data, got ${shown}: ${PLAIN}`,
    `[c/d] value must be plain data, got ${shown}: ${PLAIN}`,
  ]);
});

test.each([
  [new Date(0), 'an object of Date'],
  [new Custom(), 'an object of Custom'],
])('the instance of a class %p is refused with its path', (value, shown) => {
  transform<object>(object(), (seen) => ({ ...seen, value }));
  object({ spec: { list: [{ value }] } }, { id: 'b', name: 'b' });
  expect(problems()).toEqual([
    `[c/a] value must be plain data, got ${shown}: ${PLAIN}`,
    `[c/b] spec.list[0].value must be plain data, got ${shown}: ${PLAIN}`,
  ]);
});

test('undefined is refused in a list, where it would become null, and leaves a field out of a map', () => {
  transform<object>(object(), (seen) => ({ ...seen, list: ['x', undefined], field: undefined }));
  expect(problems()).toEqual([`[c/a] list[1] must be plain data, got nothing: ${PLAIN}`]);
});

test.each([
  ['a placeholder', () => placeholderOf(output('x'))],
  ['a stringified Output', () => `${output('x')}`],
])('%s is refused as the key of a map, also where Pulumi applies', (_what, key) => {
  object({ data: { [key()]: 'v' } });
  expect(problems()).toEqual([
    '[c/a] data must have keys that are known at synth, but one holds a Pulumi Output: use it as a value',
  ]);
});

const RULE =
  "metadata.name must be at most 253 lower-case letters, digits, '-' and '.', from a letter or digit to another";

test.each([
  [{ metadata: { name: null } }, `${RULE}, but is missing`],
  [{ metadata: { name: 1 } }, `${RULE}, got 1`],
  [{ metadata: null }, 'metadata must be a map, but is missing'],
  [{ metadata: 'a' }, "metadata must be a map, got 'a'"],
  [{ apiVersion: null }, 'apiVersion must be a string, such as apps/v1, but is missing'],
])('an object that the transform %j makes unknowable is refused', (patch, text) => {
  transform<object>(object(), patch);
  expect(problems()).toEqual([`[c/a] ${text}`]);
});

test.each(['A', 'a_b', 'system:node', '-a', 'a-', 'a..b', '', 'a'.repeat(254)])('the name %j is refused', (name) => {
  transform<object>(object(), { metadata: { name } });
  expect(problems()).toEqual([expect.stringContaining(`[c/a] ${RULE}, got '${name.slice(0, 50)}`)]);
});

test.each(['a', '1.b-c.d', 'a'.repeat(253)])('the name %j is that of an object', (name) => {
  object({}, { name });
  expect(problems()).toEqual([]);
});

test('what RBAC names is free but for what a URL reserves', () => {
  const role = object({}, { apiVersion: 'rbac.authorization.k8s.io/v1', name: 'system:Node_Reader' });
  expect(problems()).toEqual([]);
  transform<object>(role, { metadata: { name: 'a/b' } });
  expect(problems()).toEqual(["[c/a] metadata.name must be a name without '/' and '%', got 'a/b'"]);
});

test('a name that Pulumi fills in is left to it', () => {
  object({}, { name: placeholderOf(output('x')) });
  expect(problems()).toEqual([]);
});
