import { Construct } from 'constructs';
import { derivationsOf, explain } from '../../lib/core/derivation';

const grace = { what: 'terminationGracePeriodSeconds', value: '45s', formula: '10 s + 30 s + 5 s' };
const memory = { what: 'memory', value: '4Gi', formula: '2 × 2 GiB' };

test('what constructs explain is found with their paths, in the order of the tree', () => {
  const root = new Construct(undefined as never, '');
  const shop = new Construct(root, 'shop');
  const ranker = new Construct(shop, 'ranker');
  new Construct(shop, 'silent');
  explain(ranker, [grace]);
  explain(shop, [memory]);
  expect(derivationsOf(root)).toEqual([
    { where: 'shop', derivations: [memory] },
    { where: 'shop/ranker', derivations: [grace] },
  ]);
});

test('a construct may explain itself in several steps', () => {
  const construct = new Construct(undefined as never, 'ranker');
  explain(construct, [grace]);
  explain(construct, [memory]);
  expect(derivationsOf(construct)).toEqual([{ where: 'ranker', derivations: [grace, memory] }]);
});
