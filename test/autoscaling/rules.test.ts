import type { AutoscaleOnDemandProps } from '../../lib';
import { BEHAVIORS } from '../../lib';
import { secondsFor } from '../../lib/autoscaling/explanations';
import { emittedBehavior } from '../../lib/autoscaling/rules';
import { hpaOf, monitored, scaled } from './fixtures';

const behaviorOf = (props: Partial<AutoscaleOnDemandProps>) => hpaOf(scaled(props, monitored())).behavior;

test('rules of one are spelt out in full, so that no default of Kubernetes slips in', () => {
  const behavior = {
    up: { policies: [{ pods: 5, every: '15s' }], select: 'Min' },
    down: {
      stabilizationWindow: '10m',
      policies: [
        { percent: 5, every: '2m' },
        { pods: 2, every: '30m' },
      ],
    },
  } as const;
  expect(behaviorOf({ behavior })).toEqual({
    scaleUp: {
      stabilizationWindowSeconds: 0,
      selectPolicy: 'Min',
      policies: [{ type: 'Pods', value: 5, periodSeconds: 15 }],
    },
    scaleDown: {
      stabilizationWindowSeconds: 600,
      selectPolicy: 'Max',
      policies: [
        { type: 'Percent', value: 5, periodSeconds: 120 },
        { type: 'Pods', value: 2, periodSeconds: 1800 },
      ],
    },
  });
});

test('what is left out is that of the preset responsive, and a window of nothing is nothing', () => {
  expect(behaviorOf({ behavior: {} })).toEqual(BEHAVIORS.responsive);
  expect(behaviorOf({ behavior: { down: { stabilizationWindow: '0s' } } }).scaleDown).toEqual({
    ...BEHAVIORS.responsive.scaleDown,
    stabilizationWindowSeconds: 0,
  });
});

test.each([
  ['5%', { up: '50m', down: '50m' }],
  [{ up: '2.5%' }, { up: '25m', down: undefined }],
  [{ down: '20%' }, { up: undefined, down: '200m' }],
  ['100%', { up: '1', down: '1' }],
  [
    { up: '0%', down: '2%' },
    { up: '0', down: '20m' },
  ],
] as const)('a tolerance of %j is the quantities %j', (tolerance, { up, down }) => {
  const { scaleUp, scaleDown } = emittedBehavior('responsive', tolerance);
  expect([scaleUp.tolerance, scaleDown.tolerance]).toEqual([up, down]);
});

test.each([
  ['responsive', 3, 40, 105],
  ['responsive', 500, 250, 660],
  ['steady', 3, 40, 195],
  ['steady', 500, 250, 1860],
] as const)('%s: from %d to %d replicas in %d s, by the controller itself', (preset, from, to, time) => {
  expect(secondsFor(from, to, emittedBehavior(preset, undefined))).toBe(time);
});

test('what is disabled never gets there', () => {
  const behavior = emittedBehavior({ down: { select: 'Disabled' } }, undefined);
  expect(secondsFor(40, 20, behavior)).toBeUndefined();
});
