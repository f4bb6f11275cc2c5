import { App, Chart } from 'cdk8s';
import { Construct } from 'constructs';
import { warn, warningsOf } from '../../lib/platform/warnings';

test('warnings are collected below a construct, in the order of the tree', () => {
  const app = new App();
  const shop = new Chart(app, 'shop');
  const ranker = new Construct(shop, 'ranker');
  warn(new Construct(shop, 'late'), 'third');
  warn(ranker, 'second');
  warn(shop, 'first');
  expect(warningsOf(app)).toEqual([
    { where: 'shop', text: 'first' },
    { where: 'shop/ranker', text: 'second' },
    { where: 'shop/late', text: 'third' },
  ]);
  expect(warningsOf(ranker)).toEqual([{ where: 'shop/ranker', text: 'second' }]);
});

test('the same warning on the same construct is given once', () => {
  const shop = new Chart(new App(), 'shop');
  const ranker = new Construct(shop, 'ranker');
  for (const construct of [shop, shop, ranker]) warn(construct, 'image has no digest');
  expect(warningsOf(shop).map(({ where }) => where)).toEqual(['shop', 'shop/ranker']);
});

test("other metadata of a construct, such as cdk8s' own, is no warning", () => {
  const shop = new Chart(new App(), 'shop');
  shop.node.addMetadata('aws:cdk:warning', 'not ours');
  expect(warningsOf(shop)).toEqual([]);
});
