import fc from 'fast-check';
import { gatewayDuration } from '../../lib/crds/gateway';

test.each([
  [0.2, '200ms'],
  [0.057, '57ms'],
  [1.5, '1s500ms'],
  [150.5, '2m30s500ms'],
  [86_400, '24h'],
  [0.0001, '1ms'],
])('%d seconds are %s', (seconds, text) => {
  expect(gatewayDuration(seconds)).toBe(text);
});

test('each time is one that the Gateway API takes (GEP-2257), and is never shortened', () => {
  const milliseconds = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const;
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 315_360_000_000 }), (count) => {
      const text = gatewayDuration(count / 1000);
      expect(text).toMatch(/^([0-9]{1,5}(h|m|s|ms)){1,4}$/);
      const parts = [...text.matchAll(/(\d+)(ms|h|m|s)/g)];
      const sum = parts.reduce((total, [, number, unit]) => {
        return total + Number(number) * milliseconds[unit as keyof typeof milliseconds];
      }, 0);
      expect(sum).toBe(count);
    }),
  );
});
