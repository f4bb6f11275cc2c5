import { readFile } from 'node:fs/promises';
import type { FunnelConfig } from '../../../lib';
import type { FunnelMetrics } from './metrics';

type Stage = FunnelConfig['stages'][number];
type Source = Stage['sources'][number];

/** What every server of this example answers: the best candidates first. */
interface Answer {
  readonly candidates: readonly string[];
}

/** A request that no fallback could answer. */
export class NoAnswer extends Error {}

/** Passes a request through the stages of a funnel, within its deadline. */
export class Recommender {
  /** The last good answer of each stage and user, for stages that fall back on it. */
  private readonly cache = new Map<string, { at: number; candidates: readonly string[] }>();

  constructor(
    private readonly config: FunnelConfig,
    private readonly metrics: FunnelMetrics,
  ) {}

  /** @throws NoAnswer when a stage without a fallback fails */
  async recommend(user: string): Promise<readonly string[]> {
    const start = performance.now();
    let outcome: 'ok' | 'fallback' | 'error' = 'ok';
    try {
      const end = start + this.config.deadlineMs;
      let candidates: readonly string[] = [];
      for (const stage of this.config.stages) {
        const result = await this.pass(stage, user, candidates, end);
        candidates = result.candidates;
        if (result.fellBack) outcome = 'fallback';
      }
      return candidates;
    } catch (error) {
      outcome = 'error';
      throw error;
    } finally {
      this.metrics.request(outcome, (performance.now() - start) / 1000);
    }
  }

  private async pass(stage: Stage, user: string, before: readonly string[], end: number) {
    const start = performance.now();
    let candidates: readonly string[];
    let fellBack = false;
    try {
      candidates = stage.sources.length === 0 ? before : await this.ask(stage, user, before, end);
      this.cache.set(`${stage.name}/${user}`, { at: Date.now(), candidates });
    } catch (reason) {
      candidates = await this.fallBack(stage, user, before, reason);
      fellBack = true;
      this.metrics.fallback(stage.name, stage.fallback.type);
    }
    const best = candidates.slice(0, stage.candidates);
    this.metrics.stage(stage.name, (performance.now() - start) / 1000, best.length);
    return { candidates: best, fellBack };
  }

  /** All calls of a stage at once: they succeed together or not at all. */
  private async ask(stage: Stage, user: string, before: readonly string[], end: number): Promise<string[]> {
    const stop = new AbortController();
    try {
      const calls = stage.sources.flatMap((source) =>
        batches(stage, source, before).map((batch) => {
          // Never longer than what is left of the request.
          const left = Math.min(source.deadlineMs, stage.deadlineMs, end - performance.now());
          return this.call(source, { user, candidates: batch, count: source.candidates }, left, stop.signal);
        }),
      );
      const answers = await Promise.all(calls);
      return [...new Set(answers.flatMap(({ candidates }) => candidates))];
    } finally {
      // One late call decides for all: the others are told to stop.
      stop.abort();
    }
  }

  private async call(source: Source, body: object, leftMs: number, stop: AbortSignal): Promise<Answer> {
    const response = await fetch(`http://${source.address}${source.path ?? '/'}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', [this.config.budgetHeader]: String(Math.floor(leftMs)) },
      body: JSON.stringify(body),
      signal: AbortSignal.any([stop, AbortSignal.timeout(Math.max(0, Math.floor(leftMs)))]),
    });
    if (!response.ok) throw new Error(`${source.name} answers ${response.status}`);
    return (await response.json()) as Answer;
  }

  private async fallBack({ name, fallback }: Stage, user: string, before: readonly string[], reason: unknown) {
    switch (fallback.type) {
      case 'previous-order':
      case 'unfiltered':
        return before;
      case 'popular-items':
        return JSON.parse(await readFile(fallback.file, 'utf8')) as string[];
      case 'popular-items-of-store': {
        const url = `http://${fallback.address}/${fallback.key}`;
        const response = await fetch(url, { signal: AbortSignal.timeout(fallback.deadlineMs) });
        return (await response.json()) as string[];
      }
      case 'stale-cache': {
        const entry = this.cache.get(`${name}/${user}`);
        if (entry !== undefined && Date.now() - entry.at <= fallback.maxAgeMs) return entry.candidates;
        break;
      }
      case 'fail':
    }
    throw new NoAnswer(`${name} has no answer: ${reason instanceof Error ? reason.message : String(reason)}`);
  }
}

/** The candidates of each call; retrieval gets none, and is asked once. */
function batches(stage: Stage, { candidates }: Source, before: readonly string[]): (readonly string[])[] {
  if (stage.name === 'retrieval') return [[]];
  const count = Math.ceil(before.length / candidates);
  return Array.from({ length: count }, (_, i) => before.slice(i * candidates, (i + 1) * candidates));
}
