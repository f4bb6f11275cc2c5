import { formatSeconds, seconds } from '../core/durations';
import type { AutoscaleOnDemandSettings } from './autoscale-on-demand-props';
import type { EmittedBehavior } from './rules';
import { POLLING_SECONDS } from './scaled-object';

/** Seconds between two scrapes of a server. */
const SCRAPE_SECONDS = 15;

/** Seconds from the first request to a replica that is ready, where there was none. */
export function wakeUpSeconds(readySeconds: number): number {
  return SCRAPE_SECONDS + POLLING_SECONDS + readySeconds;
}

/** What is wrong with the time that the first requests may wait. */
export function wakeUpProblems({ wakeUp }: AutoscaleOnDemandSettings, readySeconds: number): string[] {
  if (wakeUp === undefined) return [];
  const needed = wakeUpSeconds(readySeconds);
  if (seconds(wakeUp.within) >= needed) return [];
  return [
    `wakeUp.within must be '${formatSeconds(needed)}' or longer, got '${wakeUp.within}': ${SCRAPE_SECONDS}s to the next scrape, ${POLLING_SECONDS}s to KEDA's next look and ${readySeconds}s until a replica is ready; keep 1 replica, or state what was measured as perReplica.readyAfter`,
  ];
}

/** What works and yet should be mended where real users depend on it. */
export function cautions({ replicas: [fewest] }: AutoscaleOnDemandSettings, { scaleDown }: EmittedBehavior): string[] {
  const inOneStep = scaleDown.policies.some(({ type, value }) => type === 'Percent' && value >= 100);
  return [
    ...(fewest === 1
      ? [
          'replicas[0] is 1, which is away when its zone is lost, its node drained or its pod moved: keep 2 or more, so that the disruption budget leaves one',
        ]
      : []),
    ...(inOneStep && scaleDown.selectPolicy === 'Max'
      ? [
          'behavior.down lets all surplus replicas go in one step (kubernetes#115162): limit it, such as { percent: 10, every: 1m }',
        ]
      : []),
  ];
}
