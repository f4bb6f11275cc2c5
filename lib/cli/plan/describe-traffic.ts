import { duration } from '../../capacity/traces/trace';
import { formatSeconds } from '../../core/durations';
import { length, rounded } from './format';
import type { ServerPlan, TrafficPlan } from './plan-traffic';
import { proposalYaml } from './proposal';
import { policyTable } from './table';

/** What a terminal shows of a plan: for each server a table for each trace, and the proposal to be pasted. */
export function describeTraffic({ env, scale, servers }: TrafficPlan, width?: number): string {
  return servers.map((server) => describeServer(server, { env, scale, width })).join('\n');
}

function describeServer(
  { server, runs, proposal }: ServerPlan,
  { env, scale, width }: { env: string; scale: number; width: number | undefined },
): string {
  const { service, about, budget, path } = server;
  const replica = `${rounded(service.capacity)} requests/s for each replica, ready ${formatSeconds(service.readySeconds)} after the decision`;
  const tables = runs.map(({ planned: { trace }, outcomes }) => {
    const requests = outcomes[0]?.requests ?? 0;
    const times = scale === 1 ? '' : ` × ${scale}`;
    const title = `${trace.name}${times}: ${rounded(requests)} requests in ${length(duration(trace))}`;
    return `  ${title}\n${policyTable({ outcomes, gpus: about.gpus, budget }, width)}`;
  });
  const pasted =
    proposal === undefined
      ? []
      : [
          `  as proposed, for ${env}.yaml:\n${indented(proposalYaml(proposal.autoscaling))}${proposal.notes.map((note) => `    # ${note}\n`).join('')}`,
        ];
  return `${path}: ${replica}\n${[...tables, ...pasted].join('\n')}`;
}

function indented(text: string): string {
  return text.replace(/^(?=.)/gm, '    ');
}
