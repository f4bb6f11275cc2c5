import { ApiObject, App, Chart } from 'cdk8s';
import { Manifests, matchers, synthesize } from '../../lib/testing';

expect.extend(matchers);

/** A Deployment called ranker with two containers. */
function deployment(): Manifests {
  const chart = new Chart(new App(), 'c', { namespace: 'shop' });
  new ApiObject(chart, 'ranker', {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'ranker' },
    spec: { replicas: 3, template: { spec: { containers: [{ name: 'server', image: 'a:1' }, { name: 'proxy' }] } } },
  });
  return synthesize(chart);
}

/** The message of the assertion that fails. */
function failure(assert: () => void): string {
  try {
    assert();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  throw new Error('the assertion should have failed');
}

test.each<[what: string, fields: object]>([
  ['no field', {}],
  ['one field', { spec: { replicas: 3 } }],
  ['a part of the items of a list', { spec: { template: { spec: { containers: [{ image: 'a:1' }, {}] } } } }],
  [
    'matchers of jest',
    { spec: { replicas: expect.any(Number) }, metadata: expect.objectContaining({ name: 'ranker' }) },
  ],
])('an object has %s', (_what, fields) => {
  expect(deployment()).toHaveObject('Deployment', 'ranker', fields);
  expect(() => expect(deployment()).not.toHaveObject('Deployment', 'ranker', fields)).toThrow();
});

test.each<[what: string, fields: object]>([
  ['another value', { spec: { replicas: 4 } }],
  ['a field that is not there', { spec: { paused: true } }],
  ['a list that is shorter', { spec: { template: { spec: { containers: [{ name: 'server' }] } } } }],
  [
    'a list in another order',
    { spec: { template: { spec: { containers: [{ name: 'proxy' }, { name: 'server' }] } } } },
  ],
])('an object that differs by %s is not it', (_what, fields) => {
  expect(deployment()).not.toHaveObject('Deployment', 'ranker', fields);
  expect(() => expect(deployment()).toHaveObject('Deployment', 'ranker', fields)).toThrow();
});

test('what differs is shown, line by line', () => {
  const message = failure(() => expect(deployment()).toHaveObject('Deployment', 'ranker', { spec: { replicas: 4 } }));
  expect(message).toContain("Deployment 'ranker' is not as expected:");
  expect(message).toMatch(/-.*"replicas": 4/);
  expect(message).toMatch(/\+.*"replicas": 3/);
});

test('what should not be there is named', () => {
  const fields = { spec: { replicas: 3 } };
  expect(failure(() => expect(deployment()).not.toHaveObject('Deployment', 'ranker', fields))).toMatch(
    /Deployment 'ranker' should not have .*"replicas": 3/s,
  );
});

test('asking for what is not there says what is; asking that it is not there passes', () => {
  expect(failure(() => expect(deployment()).toHaveObject('Deployment', 'rankr'))).toBe(
    "there is no Deployment 'rankr'; there are ranker",
  );
  expect(failure(() => expect(deployment()).toHaveObject('Service', 'ranker'))).toBe(
    'there is no Service at all; there are Deployment',
  );
  expect(deployment()).not.toHaveObject('Deployment', 'rankr');
  expect(deployment()).not.toHaveObject('Service', 'ranker', { spec: {} });
});

test.each([[undefined], [null], [[]], [{ all: [] }], ['Deployment']])('%j has no objects', (received) => {
  expect(failure(() => expect(received).toHaveObject('Deployment', 'ranker'))).toBe(
    'toHaveObject is about the result of synthesize(…)',
  );
  expect(failure(() => expect(received).not.toHaveObject('Deployment', 'ranker'))).toBe(
    'toHaveObject is about the result of synthesize(…)',
  );
});

test('objects that come from elsewhere can be matched as well', () => {
  const manifests = new Manifests([{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { x: '1' } }]);
  expect(manifests).toHaveObject('ConfigMap', 'a', { data: { x: '1' } });
});
