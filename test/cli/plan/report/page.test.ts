import { readFileSync, writeFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { POLICIES } from '../../../../lib/cli/plan/outcome';
import { recstack } from '../../recstack';
import { inTrafficFolder, SALE } from '../traffic-folder';

inTrafficFolder();

/** The page of a plan. */
function page(trace = 'sale.csv', ...args: string[]): string {
  expect(recstack('plan', '--stack', 'main', '--trace', trace, '--report', 'plan.html', ...args).code).toBe(0);
  return readFileSync('plan.html', 'utf8');
}

/** The page without its scripts, styles and comments, which are no text for a reader. */
const markup = (html: string) => html.replace(/<(script|style)[^>]*>.*?<\/\1>|<!--.*?-->/gs, '');

test('every element that is opened is closed, in turn', () => {
  const empty = new Set(['meta', 'line', 'polyline']);
  const open: string[] = [];
  for (const [, slash, name = '', selfClosed] of markup(page()).matchAll(/<(\/?)([a-z][a-z0-9]*)[^>]*?(\/?)>/g)) {
    if (slash === '/') expect(open.pop()).toBe(name);
    else if (selfClosed === '' && !empty.has(name)) open.push(name);
  }
  expect(open).toEqual([]);
});

test('it loads nothing from anywhere, and its policy forbids it', () => {
  const html = page();
  expect(html).toContain(`content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'"`);
  expect(html).not.toMatch(/<(link|img|iframe|object|embed|base)\b| src=| href=|url\(|@import/);
});

test('the name of a file is text and nothing else', () => {
  const name = `"><img src=x onerror=alert(1)> & 'co'.csv`;
  writeFileSync(name, SALE);
  const html = page(name, '--no-propose');
  expect(html).not.toContain('<img');
  expect(html).toContain('<bdi>&#34;&#62;&#60;img src=x onerror=alert(1)&#62; &#38; &#39;co&#39;.csv</bdi>');
});

test('it has every tick of what happened, for whoever looks at one hour', () => {
  const [, packed = ''] =
    /<script type="application\/gzip" id="server-1-1-series">([^<]+)<\/script>/.exec(page()) ?? [];
  const series = JSON.parse(gunzipSync(Buffer.from(packed, 'base64')).toString());
  expect(series).toMatchObject({ startsAt: null, tick: 15, ticks: 120, capacity: 10 });
  expect(series.offered).toEqual({
    every: 4,
    rates: [...Array(10).fill(20), ...Array(10).fill(200), ...Array(10).fill(20)],
  });
  expect(series.policies.map(({ name }: { name: string }) => name)).toEqual([
    'emitted',
    'proposed',
    'cpu-80',
    'cpu-50',
    'requests-70',
    'static-peak',
    'oracle',
  ]);
  // Runs: for how many ticks, how many replicas; two minutes are 8 ticks.
  expect(series.policies.at(-1).replicas).toEqual([32, 2, 48, 20, 40, 2]);
  expect(series.policies.at(-2).replicas).toEqual([120, 20]);
});

test('beside each chart there is a table, and each chart has a label', () => {
  const html = markup(page());
  expect(html.match(/<div class="plot" data-chart="\w+" role="img" aria-label="[^"]+">/g)).toHaveLength(3);
  expect(html.match(/<svg [^>]*role="img" aria-label="[^"]+">/g)).toHaveLength(1);
  for (const [figure] of html.matchAll(/<figure>.*?<\/figure>/gs)) expect(figure).toContain('<table');
  expect(html).toContain('<th scope="row">day 1, 00:10</th><td>200</td><td>200</td>');
});

test('the proposal is there to be pasted', () => {
  const html = page();
  expect(html).toMatch(/<pre><code>autoscaling:\n {2}replicas: /);
  expect(html).not.toContain('<ul class="broken">');
});

test('the licence of what draws the charts comes along', () => {
  expect(page()).toContain('Copyright (c) 2022 Leon Sorokin');
});

test('each policy has a colour, by day and by night, and a bar', () => {
  const html = page();
  for (const policy of Object.keys(POLICIES)) {
    expect(html.match(new RegExp(`--${policy}: #`, 'g'))).toHaveLength(2);
    expect(html).toContain(`.bar .${policy} {`);
  }
});
