/**
 * A query as Grafana sends it. `$__rate_interval` is the step of the graph plus a scrape's interval, and at least four
 * of the latter, so that a rate never falls between two scrapes.
 *
 * @param interval seconds from one point of the graph to the next
 * @param scrape seconds between scrapes, as the data source is told
 * @see https://grafana.com/docs/grafana/latest/datasources/prometheus/template-variables/
 */
export function asGrafanaSends(expression: string, { interval, scrape }: { interval: number; scrape: number }): string {
  const query = expression.replaceAll('$__rate_interval', `${Math.max(interval + scrape, 4 * scrape)}s`);
  const left = /\$\w+/.exec(query);
  if (left !== null) throw new Error(`Grafana has no value for ${left[0]}: ${expression}`);
  return query;
}
