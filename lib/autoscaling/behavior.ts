import type { HorizontalPodAutoscalerBehavior } from 'kubernetes-types/autoscaling/v2';

/**
 * How fast replicas come and go. Up is fast, as requests that come are late already when they are counted; down is
 * careful, as a replica that is missed takes minutes to come back. Kubernetes' own defaults take all surplus replicas
 * away in one step after five minutes (kubernetes#115162): so does no preset.
 *
 * It is a limit of the rate that makes the way down careful, and not a long stabilization window: a window holds all
 * replicas of the highest moment until its end, at any time of the day, where a limit only slows the way from there.
 */
export const BEHAVIORS = {
  /** Doubles every half minute, and goes down by a tenth a minute: for servers that start fast, before sharp peaks. */
  responsive: {
    scaleUp: {
      stabilizationWindowSeconds: 0,
      selectPolicy: 'Max',
      policies: [
        { type: 'Percent', value: 100, periodSeconds: 30 },
        { type: 'Pods', value: 4, periodSeconds: 30 },
      ],
    },
    scaleDown: {
      stabilizationWindowSeconds: 300,
      selectPolicy: 'Max',
      policies: [
        { type: 'Percent', value: 10, periodSeconds: 60 },
        { type: 'Pods', value: 1, periodSeconds: 60 },
      ],
    },
  },
  /**
   * Doubles every minute, and goes down by a twentieth every two: for servers whose start is dear, such as large models.
   * It does not wait on the way up either: the metric is an average over a while already.
   */
  steady: {
    scaleUp: {
      stabilizationWindowSeconds: 0,
      selectPolicy: 'Max',
      policies: [
        { type: 'Percent', value: 100, periodSeconds: 60 },
        { type: 'Pods', value: 2, periodSeconds: 60 },
      ],
    },
    scaleDown: {
      stabilizationWindowSeconds: 300,
      selectPolicy: 'Max',
      policies: [
        { type: 'Percent', value: 5, periodSeconds: 120 },
        { type: 'Pods', value: 1, periodSeconds: 120 },
      ],
    },
  },
} as const satisfies Record<string, HorizontalPodAutoscalerBehavior>;

/** The name of a preset of {@link BEHAVIORS}. @useDeclaredType */
export type BehaviorName = keyof typeof BEHAVIORS;
