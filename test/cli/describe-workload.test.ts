import { describeWorkload } from '../../lib/cli/describe-workload';

const grace = { what: 'terminationGracePeriodSeconds', value: '45s', formula: '10s + 30s + 5s' };
const memory = { what: 'memory', value: '4Gi', formula: '2 × 2Gi' };

test('names stand to the left, values to the right, and each kind is counted where there are several', () => {
  const kinds = new Map([
    ['ConfigMap', 2],
    ['Service', 1],
  ]);
  expect(describeWorkload({ path: 'shop/ranker', kinds, derivations: [grace, memory] })).toBe(
    [
      'shop/ranker: 2 ConfigMap, Service',
      '  terminationGracePeriodSeconds  45s  10s + 30s + 5s',
      '  memory                         4Gi  2 × 2Gi',
      '',
    ].join('\n'),
  );
  expect(describeWorkload({ path: 'shop/late', kinds: new Map(), derivations: [] })).toBe('shop/late: no objects\n');
});
