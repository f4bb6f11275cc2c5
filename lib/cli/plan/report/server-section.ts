import { duration } from '../../../capacity/traces/trace';
import { formatSeconds } from '../../../core/durations';
import { length, percent, rounded } from '../format';
import { type Outcome, POLICIES, shareOf } from '../outcome';
import type { ServerPlan } from '../plan-traffic';
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
${proposal === undefined ? [] : proposalPart(plan, env)}
</section>
`;
}

function runPart(
  { server, proposal }: ServerPlan,
  { planned, outcomes }: ServerPlan['runs'][number],
  id: string,
): Html {
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
${proposal === undefined ? [] : frontPart(proposal.front, outcomes)}
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

function frontPart(front: readonly FrontPoint[], outcomes: readonly Outcome[]): Html {
  const points: Point[] = [
    ...front.map((point) => ({ ...point, isFront: true })),
    ...outcomes.map((outcome) => ({
      label: POLICIES[outcome.policy],
      replicaHours: outcome.replicaHours,
      overCapacity: shareOf(outcome.overCapacity, outcome),
      isFront: false,
    })),
  ];
  const rows = points.map(({ label, replicaHours, overCapacity }) => [
    label,
    rounded(replicaHours),
    percent(overCapacity),
  ]);
  return html`<figure>
<figcaption>Cost against failures: of the policies on the line, none is both cheaper and better</figcaption>
<div class="scroll">${frontPicture(points)}</div>
<details><summary>The numbers</summary>
${dataTable('Cost and failures of policies', ['policy', 'replica-hours', 'over capacity'], rows)}
</details>
</figure>
`;
}

type FrontPoint = NonNullable<ServerPlan['proposal']>['front'][number];

function proposalPart({ proposal }: ServerPlan, env: string): Html {
  return html`<h3>As proposed</h3>
<p>To be put below the server in ${env}.yaml:</p>
<pre><code>${proposal === undefined ? '' : proposalYaml(proposal.autoscaling)}</code></pre>
`;
}
