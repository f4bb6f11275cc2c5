import { output } from '@pulumi/pulumi';
import { ApiObject, App, Chart } from 'cdk8s';
import { placeholderOf } from '../../lib/core/deferred';
import { InvalidInput } from '../../lib/core/problem';
import { transform } from '../../lib/core/transform';
import { byChart, render } from '../../lib/synth/render';

let app: App;
let chart: Chart;
beforeEach(() => {
  app = new App();
  chart = new Chart(app, 'c', { namespace: 'shop' });
});

function configMap(scope: Chart, id: string, data: object = {}): ApiObject {
  return new ApiObject(scope, id, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: id }, data });
}

function problems(use: () => unknown): string[] {
  try {
    use();
  } catch (error) {
    if (error instanceof InvalidInput) return error.message.split('\n');
    throw error;
  }
  return [];
}

test('everything that is wrong anywhere in the tree is reported at once', () => {
  chart.node.addValidation({ validate: () => ['first', 'second'] });
  transform(configMap(chart, 'a'), () => undefined as unknown as object);
  const throwing = configMap(chart, 'b');
  throwing.toJson = () => {
    throw new Error('third');
  };
  configMap(chart, 'd', { key: placeholderOf(output('later')) });
  expect(problems(() => render(app, { deferred: 'refuse' }))).toEqual([
    '[c] first',
    '[c] second',
    '[c/a] transform must return the ConfigMap, got nothing',
    '[c/b] third',
    '[c/d] data.key must be known at synth, but is a Pulumi Output: apply this stack with Pulumi',
  ]);
});

test('a validation that throws joins the other problems, with what it said', () => {
  chart.node.addValidation({
    validate: () => {
      throw new Error('boom');
    },
  });
  app.node.addValidation({
    validate: () => {
      throw new InvalidInput([{ where: 'c/x', text: 'own' }]);
    },
  });
  transform(configMap(chart, 'a'), () => {
    throw new Error('bang');
  });
  expect(problems(() => render(app, { deferred: 'refuse' }))).toEqual([
    '[c/x] own',
    '[c] validation failed: boom',
    '[c/a] transform of the ConfigMap failed: bang',
  ]);
});

test('a deferred value inside other text is found as well, and stays where Pulumi will fill it in', () => {
  configMap(chart, 'a', { key: `s3://${placeholderOf(output('bucket'))}/models` });
  expect(problems(() => render(app, { deferred: 'refuse' }))).toEqual([
    '[c/a] data.key must be known at synth, but is a Pulumi Output: apply this stack with Pulumi',
  ]);
  expect(problems(() => render(app, { deferred: 'keep' }))).toEqual([]);
});

test('an Output that was joined to a string is refused by both backends', () => {
  configMap(chart, 'a', { key: `https://${output('host')}/` });
  const expected = ['[c/a] data.key holds a Pulumi Output that was joined to a string: use pulumi.interpolate'];
  expect(problems(() => render(app, { deferred: 'refuse' }))).toEqual(expected);
  expect(problems(() => render(app, { deferred: 'keep' }))).toEqual(expected);
});

test('objects are grouped by their chart, nested ones by the path', () => {
  configMap(chart, 'a');
  configMap(new Chart(chart, 'inner'), 'b');
  const groups = byChart(render(app, { deferred: 'refuse' }));
  expect([...groups].map(([name, objects]) => [name, objects.map(({ path }) => path)])).toEqual([
    ['c', ['c/a']],
    ['c-inner', ['c/inner/b']],
  ]);
});
