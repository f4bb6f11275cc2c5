import type { Trace } from '../../../capacity/traces/trace';
import { rounded } from '../format';
import { type Outcome, POLICIES } from '../outcome';
import { type Html, html } from './html';
import { instant } from './instants';
import { type Period, periodsOf } from './periods';
import { packedSeries } from './series';
import { dataTable } from './tables';

/** A chart over time, as the page's script knows it, and the table beside it. */
interface TimeChart {
  readonly kind: 'traffic' | 'replicas' | 'violations';
  readonly title: string;
  readonly label: string;
  readonly columns: readonly string[];
  readonly cells: (period: Period) => readonly number[];
}

/** Traffic, replicas and failures over time, one below the other, which show the same stretch of it. */
export function timeCharts(trace: Trace, capacity: number, outcomes: readonly Outcome[], id: string): Html {
  const periods = periodsOf(trace, capacity, outcomes);
  return html`<div class="charts" data-series="${id}-series">
<div class="toolbar" role="group" aria-label="The time that the charts show" hidden>
<button type="button" data-view="whole">Whole trace</button>
<button type="button" data-view="busiest">Busiest hour</button>
<button type="button" data-view="worst">Worst hour</button>
<button type="button" data-view="in">Zoom in</button>
<button type="button" data-view="out">Zoom out</button>
<button type="button" data-view="earlier">Earlier</button>
<button type="button" data-view="later">Later</button>
<output aria-live="polite"></output>
</div>
${charts(outcomes).map((chart) => figure(chart, periods, trace))}
<script type="application/gzip" id="${id}-series">${packedSeries(trace, capacity, outcomes)}</script>
</div>
`;
}

function figure({ kind, title, label, columns, cells }: TimeChart, periods: readonly Period[], trace: Trace): Html {
  const rows = periods.map((period) => [instant(period.from, trace.startsAt), ...cells(period).map(rounded)]);
  return html`<figure>
<figcaption>${title}</figcaption>
<div class="legend"></div>
<div class="plot" data-chart="${kind}" role="img" aria-label="${label}"></div>
<details><summary>The numbers</summary>
${dataTable(title, ['from', ...columns], rows)}
</details>
</figure>
`;
}

function charts(outcomes: readonly Outcome[]): TimeChart[] {
  const labels = outcomes.map(({ policy }) => POLICIES[policy]);
  const own = outcomes.flatMap(({ policy }, i) => (policy === 'emitted' || policy === 'proposed' ? [i] : []));
  const ownLabels = own.map((i) => labels[i] ?? '');
  return [
    {
      kind: 'traffic',
      title: 'Traffic and capacity, in requests per second',
      label: 'Line chart: requests per second, and how many the replicas that are ready can answer',
      columns: [
        'mean requests/s',
        'highest requests/s',
        ...ownLabels.map((label) => `fewest ready replicas, ${label}`),
      ],
      cells: ({ meanRate, highestRate, policies }) => [
        meanRate,
        highestRate,
        ...own.map((i) => policies[i]?.fewestReady ?? 0),
      ],
    },
    {
      kind: 'replicas',
      title: 'Replicas',
      label: 'Line chart: replicas that are paid for, with each policy',
      columns: labels.map((label) => `mean, ${label}`),
      cells: ({ policies }) => policies.map(({ meanReplicas }) => meanReplicas),
    },
    {
      kind: 'violations',
      title: 'Requests over capacity, per second',
      label: 'Line chart: requests per second for which the replicas that are ready have no room, with each policy',
      columns: labels.slice(0, -1),
      cells: ({ policies }) => policies.slice(0, -1).map(({ overCapacity }) => overCapacity),
    },
  ];
}
