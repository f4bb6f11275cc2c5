import { z } from 'zod';
import type { Rules } from '../capacity/hpa/limits';
import { type Duration, seconds } from '../core/durations';
import { fraction } from '../core/percentages';
import { must, oneOf, oneOfMaps, pattern, shortOrMap, wholeNumber } from '../core/schema';
import { BEHAVIORS, type BehaviorName } from './behavior';

const WHOLE = /^\d+(s|m|h)$/;
const windowSchema = pattern<Duration>(
  WHOLE,
  must("be from '0s' to '1h', in whole seconds", 'Kubernetes remembers no longer'),
  (value) => seconds(value as Duration) <= 3600,
);
const periodSchema = pattern<Duration>(
  WHOLE,
  must("be from '1s' to '30m', in whole seconds"),
  (value) => seconds(value as Duration) >= 1 && seconds(value as Duration) <= 1800,
);

const podsSchema = z.strictObject({
  /** Replicas that may come or go… */
  pods: wholeNumber({ min: 1, of: 'replicas' }),
  /** …within this time, up to half an hour. */
  every: periodSchema,
});
const percentSchema = z.strictObject({
  /** The share of the replicas that may come or go, in percent: 100 doubles them… */
  percent: wholeNumber({ min: 1, of: 'percent' }),
  /** …within this time, up to half an hour. */
  every: periodSchema,
});

/** Checks {@link ScalingRules}. */
export const scalingRulesSchema = z.strictObject({
  /**
   * How far back the highest need (on the way down) or the lowest (on the way up) counts. Up to an hour.
   * @default - that of the preset 'responsive': none on the way up, '5m' on the way down
   */
  stabilizationWindow: windowSchema.optional(),
  /**
   * How many replicas may come or go in which time.
   * @default - those of the preset 'responsive'
   */
  policies: z
    .array(
      oneOfMaps(
        [podsSchema, percentSchema],
        must('be { pods, every } or { percent, every }', "like { percent: 10, every: '1m' }"),
      ),
    )
    .min(1, { error: must('have at least one policy', "to stop all changes, write select: 'Disabled'") })
    .readonly()
    .optional(),
  /**
   * Which of the policies holds: the one that lets most replicas come or go, the one that lets fewest, or none at all.
   * @default 'Max'
   */
  select: oneOf(['Max', 'Min', 'Disabled']).default('Max'),
});

/** How fast replicas come, or go, in Kubernetes' own words. @interface */
export type ScalingRules = z.input<typeof scalingRulesSchema>;

/** Checks the prop `behavior`: a preset, or rules of one's own. */
export const behaviorSchema = shortOrMap(
  oneOf(Object.keys(BEHAVIORS) as [BehaviorName, ...BehaviorName[]]),
  z.strictObject({
    /** @default - that of the preset 'responsive' */
    up: scalingRulesSchema.optional(),
    /** @default - that of the preset 'responsive' */
    down: scalingRulesSchema.optional(),
  }),
);

/** A preset, or rules of one's own. */
export type Behavior = z.output<typeof behaviorSchema>;

/** A percentage that may be 0: anything off the aim is reacted to. */
const shareOffSchema = pattern<`${number}%`>(
  /^\d+(\.\d+)?%$/,
  must("be a percentage from 0% to 100%, like '5%'"),
  (value) => Number.parseFloat(value) <= 100,
);

/** Checks the prop `tolerance`: for both directions, or for each. */
export const toleranceSchema = shortOrMap(
  shareOffSchema,
  z.strictObject({
    /** @default - 10 %, for the whole cluster */
    up: shareOffSchema.optional(),
    /** @default - 10 %, for the whole cluster */
    down: shareOffSchema.optional(),
  }),
);

/** For both directions, or for each. */
export type Tolerance = z.output<typeof toleranceSchema>;

/** The rules of one direction as Kubernetes writes them, all spelt out; its types of 1.30 don't have the tolerance. */
export interface EmittedRules extends Rules {
  /** Not read-only, as Kubernetes' types are not. */
  readonly policies: Rules['policies'][number][];
  readonly tolerance?: string;
}

/** The rules of both directions. */
export interface EmittedBehavior {
  readonly scaleUp: EmittedRules;
  readonly scaleDown: EmittedRules;
}

/** The `behavior` of a HorizontalPodAutoscaler. */
export function emittedBehavior(behavior: Behavior, tolerance: Tolerance | undefined): EmittedBehavior {
  const { up, down } = typeof tolerance === 'object' ? tolerance : { up: tolerance, down: tolerance };
  const preset = BEHAVIORS[typeof behavior === 'string' ? behavior : 'responsive'];
  const own: Exclude<Behavior, string> = typeof behavior === 'string' ? {} : behavior;
  return {
    scaleUp: { ...rulesOf(own.up, preset.scaleUp), ...toleranceOf(up) },
    scaleDown: { ...rulesOf(own.down, preset.scaleDown), ...toleranceOf(down) },
  };
}

function rulesOf(
  rules: z.output<typeof scalingRulesSchema> | undefined,
  preset: (typeof BEHAVIORS)[BehaviorName]['scaleUp' | 'scaleDown'],
): EmittedRules {
  const { stabilizationWindow, policies, select = preset.selectPolicy } = rules ?? {};
  return {
    stabilizationWindowSeconds:
      stabilizationWindow === undefined ? preset.stabilizationWindowSeconds : seconds(stabilizationWindow),
    selectPolicy: select,
    policies: policies === undefined ? [...preset.policies] : policies.map(policyOf),
  };
}

function policyOf(policy: z.output<typeof podsSchema> | z.output<typeof percentSchema>): Rules['policies'][number] {
  const periodSeconds = seconds(policy.every);
  return 'pods' in policy
    ? { type: 'Pods', value: policy.pods, periodSeconds }
    : { type: 'Percent', value: policy.percent, periodSeconds };
}

/** A quantity, as the API server writes it. */
function toleranceOf(tolerance: `${number}%` | undefined): { readonly tolerance?: string } {
  if (tolerance === undefined) return {};
  const thousandths = Math.round(fraction(tolerance) * 1000);
  return { tolerance: thousandths % 1000 === 0 ? String(thousandths / 1000) : `${thousandths}m` };
}
