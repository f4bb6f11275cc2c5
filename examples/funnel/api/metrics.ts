import { FUNNEL_METRICS, FUNNEL_OUTCOMES, type FunnelConfig } from '../../../lib';

/** The metrics of a funnel's API, by recstack's convention, in Prometheus' text format. */
export class FunnelMetrics {
  private readonly histograms = new Map<string, { bounds: readonly number[]; counts: number[]; sum: number }>();
  private readonly counters = new Map<string, number>();

  /** All series are there from the start: the first event of one that appears with it would be lost to `rate`. */
  constructor({ stages, buckets }: FunnelConfig) {
    for (const outcome of FUNNEL_OUTCOMES) {
      this.addHistogram(FUNNEL_METRICS.requestDuration, `outcome="${outcome}"`, buckets.request);
    }
    for (const { name, fallback } of stages) {
      this.addHistogram(FUNNEL_METRICS.stageDuration, `stage="${name}"`, buckets.stage);
      if (fallback.type !== 'fail') {
        this.counters.set(`${FUNNEL_METRICS.fallbacks}{stage="${name}",fallback="${fallback.type}"}`, 0);
      }
      for (const suffix of ['_sum', '_count']) {
        this.counters.set(`${FUNNEL_METRICS.candidates}${suffix}{stage="${name}"}`, 0);
      }
    }
  }

  request(outcome: (typeof FUNNEL_OUTCOMES)[number], seconds: number): void {
    this.observe(FUNNEL_METRICS.requestDuration, `outcome="${outcome}"`, seconds);
  }

  stage(stage: string, seconds: number, candidates: number): void {
    this.observe(FUNNEL_METRICS.stageDuration, `stage="${stage}"`, seconds);
    this.add(`${FUNNEL_METRICS.candidates}_sum{stage="${stage}"}`, candidates);
    this.add(`${FUNNEL_METRICS.candidates}_count{stage="${stage}"}`, 1);
  }

  fallback(stage: string, fallback: string): void {
    this.add(`${FUNNEL_METRICS.fallbacks}{stage="${stage}",fallback="${fallback}"}`, 1);
  }

  /** The page. */
  toString(): string {
    const { requestDuration, stageDuration, fallbacks, candidates } = FUNNEL_METRICS;
    return [
      `# TYPE ${requestDuration} histogram`,
      ...this.histogramLines(requestDuration),
      `# TYPE ${stageDuration} histogram`,
      ...this.histogramLines(stageDuration),
      `# TYPE ${fallbacks} counter`,
      ...this.counterLines(fallbacks),
      `# TYPE ${candidates} summary`,
      ...this.counterLines(candidates),
      '',
    ].join('\n');
  }

  private addHistogram(name: string, labels: string, bounds: readonly number[]): void {
    this.histograms.set(`${name}{${labels}}`, { bounds, counts: Array(bounds.length + 1).fill(0), sum: 0 });
  }

  private observe(name: string, labels: string, value: number): void {
    const histogram = this.histograms.get(`${name}{${labels}}`);
    if (histogram === undefined) return;
    const bucket = histogram.bounds.findIndex((bound) => value <= bound);
    const at = bucket < 0 ? histogram.bounds.length : bucket;
    histogram.counts[at] = (histogram.counts[at] ?? 0) + 1;
    histogram.sum += value;
  }

  private add(key: string, amount: number): void {
    this.counters.set(key, (this.counters.get(key) ?? 0) + amount);
  }

  private histogramLines(name: string): string[] {
    return [...this.histograms].flatMap(([key, { bounds, counts, sum }]) => {
      if (!key.startsWith(`${name}{`)) return [];
      const labels = key.slice(name.length + 1, -1);
      let below = 0;
      const buckets = counts.map((count, i) => {
        below += count;
        return `${name}_bucket{${labels},le="${bounds[i] ?? '+Inf'}"} ${below}`;
      });
      return [...buckets, `${name}_sum{${labels}} ${sum}`, `${name}_count{${labels}} ${below}`];
    });
  }

  private counterLines(name: string): string[] {
    return [...this.counters].flatMap(([key, value]) => (key.startsWith(name) ? [`${key} ${value}`] : []));
  }
}
