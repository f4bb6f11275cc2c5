import { existsSync, readFileSync } from 'node:fs';
import { autoscalerOf, BASELINES, compare, hpaSpecOf, propose, readTrace, scale } from '../lib/capacity';

const SERVICE = { capacity: 100, readySeconds: 120, metricWindow: 30 };
const BOUNDS = { fewest: 3, most: 2000 };

/** Files beside the checkout, and by how much their few requests are multiplied. */
const TRACES = { 'worldcup98-may1-jun14': 1, 'azure-llm-2023-conv': 50, 'azure-llm-2023-code': 50 } as const;

/** What the plan proposes for the shared traces, beside what everybody has; those that aren't there are named. */
export function onTraces(): void {
  for (const [name, times] of Object.entries(TRACES)) {
    const file = `../shared/traces/${name}.csv`;
    if (!existsSync(file)) {
      console.log(`\n${name}: not there`);
      continue;
    }
    const trace = scale(readTrace(readFileSync(file), { name }).trace, times);
    const { policy } = propose([trace], SERVICE, { ...BOUNDS, budget: 0.0002 });
    const manifest = {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      spec: hpaSpecOf(policy, 'requests'),
    };
    const proposed = () => autoscalerOf([manifest]);
    console.log(`\n${name}, ${times}-fold: over capacity, and replica-hours by the oracle's`);
    const candidates = [...BASELINES, { name: 'proposed', autoscaler: proposed }];
    for (const { name: who, overCapacity, timesOracle } of compare(trace, SERVICE, candidates, { bounds: BOUNDS }))
      console.log(
        `${who.padEnd(30)}${(100 * overCapacity).toFixed(4).padStart(10)} %${timesOracle.toFixed(3).padStart(9)}`,
      );
  }
}
