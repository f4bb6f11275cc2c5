import { ADDONS, type Addon } from '../../lib/platform/addons';
import { Cluster, clusterSchema } from '../../lib/platform/cluster';

test('every add-on can be said to be installed, and is then there', () => {
  for (const addon of ADDONS) {
    const cluster = new Cluster(clusterSchema.parse({ kubernetes: '1.33', addons: [addon] }));
    expect(ADDONS.filter((other) => cluster.has(other))).toEqual([addon]);
  }
});

test('an add-on that recstack does not know does not compile', () => {
  // @ts-expect-error: not one of the add-ons
  const addon: Addon = 'istio';
  expect(ADDONS).not.toContain(addon);
});
