import { isCounter, parseExposition, type Sample } from './exposition';

/** The age of the programs in the fixtures, in seconds: a counter of 20000 has grown by 20 a second. */
export const UPTIME_SECONDS = 1000;

/** How a program's page changes when something goes wrong. */
export interface Change {
  /** What a counter gains a second, or what a gauge shows; `usual` is that of the fixture. */
  readonly value: (sample: Sample, usual: number) => number;
  /** Series that are written from then on, such as the count of a status that never was before. */
  readonly appears?: readonly string[];
}

/** What goes wrong, and from which second on. */
export type Fault = Change & { readonly since: number };

/**
 * What a program answers some seconds after it was first asked: counters go on growing as they have grown so far, or as
 * faults have it; gauges stand still. A pure function, so that a test can say what Prometheus must have seen.
 *
 * @param now the time, in milliseconds, that a page with timestamps tells
 */
export function replay(fixture: string, seconds: number, faults: readonly Fault[] = [], now = 0): string {
  const active = faults.filter(({ since }) => seconds >= since);
  const lines = parseExposition(active.reduce((body, { appears = [] }) => appears.reduce(withSeries, body), fixture));
  return `${lines.map(({ text, sample }) => (sample === undefined ? text : written(sample))).join('\n')}\n`;

  function written(sample: Sample): string {
    const labels = sample.labels === '' ? '' : `{${sample.labels}}`;
    const value = isCounter(sample) ? counted(sample) : active.reduce((was, f) => f.value(sample, was), sample.value);
    return `${sample.name}${labels} ${value}${sample.stamped ? ` ${now}` : ''}`;
  }

  function counted(sample: Sample): number {
    const usual = sample.value / UPTIME_SECONDS;
    const extra = active.map(({ value, since }) => (value(sample, usual) - usual) * (seconds - since));
    // Without the noise of floating point, which would let a counter fall.
    return Number(extra.reduce((sum, part) => sum + part, sample.value + usual * seconds).toFixed(9));
  }
}

/** Puts a series that counts from zero behind the others of its family. */
function withSeries(body: string, series: string): string {
  const family = series.replace(/\{.*/, '');
  return body.replace(new RegExp(`^# TYPE ${family} .*(\\n${family}[{ ].*)*`, 'm'), (block) => `${block}\n${series} 0`);
}

/** Fills in the pods that a page about a node tells of: a line about POD is there once for each. */
export function aboutPods(
  fixture: string,
  { node, namespace, pods }: { readonly node: string; readonly namespace: string; readonly pods: readonly string[] },
): string {
  const lines = fixture.split('\n').flatMap((line) => {
    if (!line.includes('pod="POD"')) return [line];
    return pods.map((pod) =>
      line.replace('"POD"', `"${pod}"`).replace('NAMESPACE', namespace).replace('/UID', `/${pod}`),
    );
  });
  return lines.join('\n').replaceAll('hostname="NODE"', `hostname="${node}"`);
}
