import { App, Chart } from 'cdk8s';
import { ConfigMap, Deployment, StatefulSet } from 'cdk8s-plus-28';
import type { ScalingPolicy, ScalingTarget } from '../../lib/core/scaling';

test('Deployments and StatefulSets of cdk8s-plus can be scaled, other objects do not compile', () => {
  const seen: string[] = [];
  const policy: ScalingPolicy = { attachTo: (target: ScalingTarget) => void seen.push(target.node.id) };
  const chart = new Chart(new App(), 'shop');
  policy.attachTo(new Deployment(chart, 'web', { containers: [{ image: 'nginx:1.27' }] }));
  policy.attachTo(new StatefulSet(chart, 'store', { containers: [{ image: 'nginx:1.27', portNumber: 80 }] }));
  // @ts-expect-error: has no replicas
  policy.attachTo(new ConfigMap(chart, 'settings'));
  expect(seen).toEqual(['web', 'store', 'settings']);
});
