import { duration } from '../../../capacity/traces/trace';
import { formatSeconds } from '../../../core/durations';
import { length, percent, ratio, rounded } from '../format';
import { type Outcome, POLICIES, type PolicyName } from '../outcome';
import type { ProposedPolicy, ServerPlan } from '../plan-traffic';
import { proposalYaml } from '../proposal';
import { table } from '../table';
import { frontPicture, type Point } from './front';
import { type Html, html } from './html';
import { dataTable } from './tables';
import { timeCharts } from './time-charts';

interface Place {
  /** Of the section, from which those of its parts are made. */
  readonly id: string;
  readonly env: string;
}

/** What the traffic of one server would have met. */
export function serverSection(plan: ServerPlan, { id, env }: Place): Html {
  const { server, runs, proposal, broken } = plan;
  const { service } = server;
  return html`<section aria-labelledby="${id}">
<h2 id="${id}">${server.path}</h2>
<p>A replica answers ${rounded(service.capacity)} requests/s and is ready ${formatSeconds(service.readySeconds)} after the
decision; the metric is taken over ${formatSeconds(service.metricWindow)}.</p>
${broken.length === 0 ? [] : html`<ul class="broken">${broken.map(({ text }) => html`<li>${text}</li>`)}</ul>`}
${runs.map((run, i) => runPart(plan, run, `${id}-${i + 1}`))}
${frontPart(plan)}
${proposal === undefined ? [] : proposalPart(proposal, env)}
</section>
`;
}

function runPart({ server }: ServerPlan, { planned, outcomes }: ServerPlan['runs'][number], id: string): Html {
  const { trace, repairs } = planned;
  const requests = outcomes[0]?.requests ?? 0;
  const [titles = [], ...rows] = table({ outcomes, gpus: server.about.gpus, budget: server.budget });
  return html`<article aria-labelledby="${id}">
<h3 id="${id}"><bdi>${trace.name}</bdi></h3>
<p>${rounded(requests)} requests in ${length(duration(trace))}.</p>
${repairs.length === 0 ? [] : html`<ul>${repairs.map((text) => html`<li>Repaired: ${text}</li>`)}</ul>`}
${dataTable('Policies beside each other', titles, rows)}
${costPicture(outcomes)}
${timeCharts(trace, server.service.capacity, outcomes, id)}
</article>
`;
}

/** Bars that are a table as well. */
function costPicture(outcomes: readonly Outcome[]): Html {
  const most = Math.max(...outcomes.map(({ replicaHours }) => replicaHours));
  const bars = outcomes.map(({ policy, replicaHours }) => {
    const share = most === 0 ? 0 : Math.round((1000 * replicaHours) / most) / 10;
    return html`<tr><th scope="row">${POLICIES[policy]}</th>
<td class="bar"><span class="${policy}" style="width:${share}%"></span></td><td>${rounded(replicaHours)}</td></tr>
`;
  });
  return html`<figure>
<figcaption>Cost</figcaption>
<table class="bars"><caption>Replica-hours of each policy</caption>
<thead><tr><th scope="col">policy</th><td></td><th scope="col">replica-hours</th></tr></thead>
<tbody>${bars}</tbody></table>
</figure>
`;
}

/** All traces together, as the front is. */
function frontPart({ runs, proposal }: ServerPlan): Html {
  const all = runs.flatMap(({ outcomes }) => outcomes);
  const sum = (policy: PolicyName, of: (outcome: Outcome) => number) =>
    all.reduce((total, outcome) => total + (outcome.policy === policy ? of(outcome) : 0), 0);
  const oracle = sum('oracle', ({ replicaHours }) => replicaHours);
  const policies = runs[0]?.outcomes.map(({ policy }) => policy) ?? [];
  const points: Point[] = [
    ...(proposal?.front ?? []).map(({ requests, ...point }) => ({
      ...point,
      label: `${rounded(requests)} requests/s for each replica`,
      isFront: true,
    })),
    ...policies.map((policy) => ({
      label: POLICIES[policy],
      toOracle: sum(policy, ({ replicaHours }) => replicaHours) / oracle,
      overCapacity: sum(policy, ({ overCapacity }) => overCapacity) / sum(policy, ({ requests }) => requests),
      isFront: false,
    })),
  ];
  const rows = points.map(({ label, toOracle, overCapacity }) => [label, ratio(toOracle), percent(overCapacity)]);
  return html`<figure>
<figcaption>Cost against failures: of the policies on the line, none is both cheaper and better</figcaption>
<div class="scroll">${frontPicture(points)}</div>
<details><summary>The numbers</summary>
${dataTable('Cost and failures of policies', ['policy', '× oracle', 'over capacity'], rows)}
</details>
</figure>
`;
}

function proposalPart({ autoscaling, notes }: ProposedPolicy, env: string): Html {
  return html`<h3>As proposed</h3>
<p>To be put below the server in ${env}.yaml:</p>
<pre><code>${proposalYaml(autoscaling)}</code></pre>
${notes.length === 0 ? [] : html`<ul>${notes.map((note) => html`<li>${note}</li>`)}</ul>`}
`;
}
