import { HpaController } from '../capacity/hpa/controller';
import type { Derivation } from '../core/derivation';
import { formatSeconds } from '../core/durations';
import { quantityOf } from '../core/quantities';
import type { ScalingTarget } from '../core/scaling';
import type { AutoscaleOnDemandSettings } from './autoscale-on-demand-props';
import type { Demand } from './demand';
import { wakeUpSeconds } from './findings';
import type { EmittedBehavior, EmittedRules } from './rules';

/** Seconds between two decisions of Kubernetes' autoscaler. */
const SYNC_SECONDS = 15;

/** A week, after which a way counts as one that doesn't end. */
const LONGEST = 7 * 86_400;

/** How a policy comes by its replicas, in numbers. */
export function explanations(
  target: ScalingTarget,
  about: {
    readonly settings: AutoscaleOnDemandSettings;
    readonly demands: readonly Demand[];
    readonly behavior: EmittedBehavior;
    readonly readySeconds: number;
  },
): Derivation[] {
  const { settings, demands, behavior, readySeconds } = about;
  const [fewest, most] = settings.replicas;
  const { gpus = 0 } = target;
  const half = Math.max(fewest, Math.floor(most / 2));
  return [
    ...demands.map(({ aim, query, each }) => ({
      what: `replicas for ${aim}`,
      value: `1 per ${quantityOf(each)}`,
      formula: `${query} / ${each}, rounded up`,
    })),
    ...(most > fewest
      ? [
          way('up', Math.max(1, fewest), most, behavior),
          ...(half < most ? [way('down', most, Math.max(1, half), behavior)] : []),
        ]
      : []),
    ...(gpus > 0
      ? [{ what: 'GPUs at most', value: String(most * gpus), formula: `${most} replicas × ${gpus} GPU` }]
      : []),
    ...(settings.wakeUp === undefined
      ? []
      : [
          {
            what: 'wake-up',
            value: formatSeconds(wakeUpSeconds(readySeconds)),
            formula: `15s scrape + 15s poll + ${readySeconds}s until ready ≤ ${settings.wakeUp.within}; no objective holds in it`,
          },
        ]),
  ];
}

function way(direction: 'up' | 'down', from: number, to: number, { scaleUp, scaleDown }: EmittedBehavior): Derivation {
  const rules = direction === 'up' ? scaleUp : scaleDown;
  const time = secondsFor(from, to, { scaleUp, scaleDown });
  return {
    what: `${from} → ${to} replicas`,
    value: time === undefined ? 'never' : formatSeconds(time),
    formula: inWords(rules),
  };
}

/** What the rules of one direction say. */
function inWords({ stabilizationWindowSeconds, selectPolicy, policies }: EmittedRules): string {
  if (selectPolicy === 'Disabled') return 'disabled';
  const steps = policies.map(
    ({ type, value, periodSeconds }) => `${value}${type === 'Percent' ? ' %' : ''} per ${formatSeconds(periodSeconds)}`,
  );
  const which = steps.length === 1 ? '' : selectPolicy === 'Max' ? ', whichever is more' : ', whichever is less';
  const held = stabilizationWindowSeconds === 0 ? '' : `once needed for ${formatSeconds(stabilizationWindowSeconds)}, `;
  return `${held}${steps.join(' or ')}${which}`;
}

/**
 * Seconds from a change of demand until the replicas have followed, by the controller itself; undefined where they
 * never do.
 */
export function secondsFor(from: number, to: number, { scaleUp, scaleDown }: EmittedBehavior): number | undefined {
  const controller = new HpaController({
    minReplicas: Math.min(from, to),
    maxReplicas: Math.max(from, to),
    metrics: [{ kind: 'perReplica', value: 1000, isCpu: false }],
    behavior: { up: scaleUp, down: scaleDown },
    tolerance: { up: 0, down: 0 },
  });
  let replicas = from;
  for (let now = 0; now <= LONGEST; now += SYNC_SECONDS) {
    const total = (now === 0 ? from : to) * 1000;
    replicas = controller.sync(now, { specReplicas: replicas, statusReplicas: replicas, pods: [] }, [{ total }]);
    if (replicas === to) return now;
  }
  return undefined;
}
