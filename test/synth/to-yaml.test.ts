import { ApiObject, App, Chart, Yaml } from 'cdk8s';
import { byChart, render } from '../../lib/synth/render';
import { toYaml } from '../../lib/synth/synth';

test('the YAML is that of cdk8s, also where a text looks like something else', () => {
  const chart = new Chart(new App(), 'shop');
  const data = {
    boolean: 'yes',
    number: '1e3',
    octal: '0775',
    nothing: '~',
    date: '2025-11-11',
    tag: '!!str x',
    lines: 'a: 1\nb: 2\n',
    long: 'word '.repeat(60),
    empty: {},
  };
  for (const name of ['a', 'b']) {
    new ApiObject(chart, name, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data });
  }
  const charts = byChart(render(chart, { deferred: 'refuse' }));
  const manifests = charts.get('shop')?.map(({ manifest }) => manifest) ?? [];
  expect(manifests).toHaveLength(2);
  expect([...toYaml(charts)]).toEqual([['shop.yaml', Yaml.stringify(...manifests)]]);
});
