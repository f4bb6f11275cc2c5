import type { Callee } from '../../core/callee';
import { type Duration, seconds } from '../../core/durations';
import { show } from '../../core/problem';
import { didYouMean } from '../../core/schema';
import { defaultPort, servingPorts } from './callees';
import { type Fallback, storeOf } from './fallbacks';
import { STAGES, type StageName, type StagesSettings } from './stages';

/** A source of a stage, with what follows from the stages before. */
export interface PlannedSource {
  readonly server: Callee;
  readonly address: string;
  readonly path: string | undefined;
  readonly deadlineMs: number;
  /** Candidates in one call; of retrieval, those that are asked for. */
  readonly candidates: number;
  /** Calls for one request of a user: `⌈candidates in / batch⌉`. */
  readonly calls: number;
}

/** A stage with what follows from those before. */
export interface PlannedStage {
  readonly name: StageName;
  readonly deadlineMs: number;
  /** Candidates that come in at most; none come into retrieval. */
  readonly candidatesIn: number;
  /** Candidates that go out at most. */
  readonly candidatesOut: number;
  readonly sources: readonly PlannedSource[];
  readonly fallback: Fallback;
  /** Where its fallback asks, and for how long. */
  readonly store: { readonly server: Callee; readonly address: string; readonly deadlineMs: number } | undefined;
}

/** Milliseconds of a duration, without the noise of floating point. */
export function milliseconds(duration: Duration): number {
  return Number((seconds(duration) * 1000).toPrecision(12));
}

/** The stages in their order, and what is wrong with them, as the rest of the sentence `stages.…`. */
export function planned(stages: StagesSettings): { stages: PlannedStage[]; problems: string[] } {
  const problems: string[] = [];
  const result: PlannedStage[] = [];
  for (const name of STAGES) {
    const stage = stages[name];
    if (stage === undefined) continue;
    const before = result.at(-1);
    const candidatesIn = before?.candidatesOut ?? 0;
    const candidatesOut = stage.candidates ?? candidatesIn;
    if (before !== undefined && candidatesOut > candidatesIn) {
      problems.push(
        `stages.${name}.candidates must be at most the ${candidatesIn} that ${before.name} lets through, got ${candidatesOut}`,
      );
    }
    const deadlineMs = milliseconds(stage.deadline);
    const sources = stage.sources.map((source, i): PlannedSource => {
      const where = `stages.${name}.sources[${i}]`;
      const own = source.deadline === undefined ? deadlineMs : milliseconds(source.deadline);
      if (own > deadlineMs) {
        problems.push(`${where}.deadline must be within the stage's '${stage.deadline}', got '${source.deadline}'`);
      }
      const asked = 'candidates' in source ? (source.candidates ?? candidatesOut) : candidatesOut;
      const batch = 'batch' in source ? (source.batch ?? candidatesIn) : candidatesIn;
      return {
        server: source.server,
        address: addressOf(source.server, source.port, where),
        path: source.path,
        deadlineMs: own,
        candidates: name === 'retrieval' ? asked : Math.min(batch, candidatesIn),
        calls: name === 'retrieval' ? 1 : Math.ceil(candidatesIn / batch),
      };
    });
    const together = sources.reduce((sum, source) => sum + source.candidates, 0);
    if (name === 'retrieval' && together < candidatesOut) {
      problems.push(
        `stages.retrieval.candidates must be at most the ${together} that its sources return together, got ${candidatesOut}`,
      );
    }
    const store = storeOf(stage.fallback);
    if (store !== undefined && stage.sources.some(({ server }) => server === store.store)) {
      problems.push(
        `stages.${name}.fallback must not ask '${store.store.node.path}', which the stage itself asks: when that fails, both do`,
      );
    }
    result.push({
      name,
      deadlineMs,
      candidatesIn,
      candidatesOut,
      sources,
      fallback: stage.fallback,
      store: store && {
        server: store.store,
        address: addressOf(store.store, store.port, `stages.${name}.fallback.popularItems`),
        deadlineMs: milliseconds(store.deadline),
      },
    });
  }
  return { stages: result, problems };

  function addressOf(server: Callee, port: string | undefined, where: string): string {
    const ports = servingPorts(server);
    const chosen = port ?? defaultPort(server);
    const address = chosen === undefined || !ports.includes(chosen) ? undefined : server.addresses[chosen];
    if (address !== undefined) return address;
    const given = port === undefined ? 'but is missing' : `got ${show(port)}${didYouMean(port, ports)}`;
    problems.push(`${where}.port must be one of ${ports.join(', ')}, ${given}`);
    return '';
  }
}
