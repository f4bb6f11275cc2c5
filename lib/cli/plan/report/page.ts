import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { version } from '../../version';
import type { TrafficPlan } from '../plan-traffic';
import { Html, html } from './html';
import { serverSection } from './server-section';

/**
 * A plan as a page of its own: it needs no network, and its policy of content security lets it ask for none.
 *
 * Charts over time are drawn in the browser, by uPlot, as those of Grafana are: only there can a reader look at one hour
 * of a month. The others are pictures, and beside each there is a table.
 */
export function trafficPage(plan: TrafficPlan): string {
  const { env, scale, servers } = plan;
  const uplot = dirname(require.resolve('uplot/package.json'));
  const title = `Traffic plan: ${env}`;
  const times = scale === 1 ? '' : `, its requests × ${scale}`;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="recstack ${version}">
<title>${title}</title>
<style>${file(uplot, 'dist/uPlot.min.css')}${file(__dirname, 'browser.css')}</style>
</head>
<body>
<header>
<h1>${title}</h1>
<p>What recorded traffic${times} would have met with the autoscaling of this environment, beside what else could be had.
Over capacity are the requests that came while the replicas that were ready had no room for them. The oracle sees the
future: it starts each replica just in time, and nothing is cheaper without failing requests.</p>
<noscript><p><strong>The charts over time need JavaScript; the tables beside them have their numbers.</strong></p></noscript>
</header>
<main>
${servers.map((server, i) => serverSection(server, { id: `server-${i + 1}`, env }))}
</main>
<!--
${file(uplot, 'LICENSE')}
-->
<script>${file(uplot, 'dist/uPlot.iife.min.js')}</script>
<script>${file(__dirname, 'browser.js')}</script>
</body>
</html>
`;
  return page.text;
}

/** Our own files and uPlot's, which hold nothing that ends the element they are put into. */
function file(folder: string, name: string): Html {
  return new Html(readFileSync(join(folder, name), 'utf8').trim());
}
