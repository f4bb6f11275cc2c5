import type { App } from 'cdk8s';
import { fraction } from '../../core/percentages';
import { collecting, InvalidInput, type Problem } from '../../core/problem';
import type { Manifest } from '../../synth/manifest';
import { brokenBudget } from './budget';
import { findProposal, type Proposal } from './find-proposal';
import { limitsOf } from './limits';
import type { Outcome } from './outcome';
import { type PlannedServer, plannedServers } from './planned-server';
import { proposedAutoscaling, withProposal } from './proposal';
import { type PlannedTrace, readTraces } from './read-traces';
import { replayServer } from './replay-server';

/** What is replayed, and how. */
export interface TrafficOptions {
  readonly env: string;
  /** Files with requests over time. */
  readonly traces: readonly string[];
  /** Names or paths of servers; none for all. */
  readonly servers: readonly string[];
  /** What the requests are multiplied by. */
  readonly scale: number;
  /** When traces start whose files don't tell, in seconds since 1970. */
  readonly startsAt?: number;
  /** Whether a better policy is looked for. */
  readonly propose: boolean;
}

/** A policy that was found to be better, or as good. */
export interface ProposedPolicy {
  /** What to write into the environment file. */
  readonly autoscaling: object;
  readonly manifests: readonly Manifest[];
  readonly front: Proposal['front'];
  readonly notes: readonly string[];
}

/** What a server's traffic would have met. */
export interface ServerPlan {
  readonly server: PlannedServer;
  /** One for each trace. */
  readonly runs: readonly { readonly planned: PlannedTrace; readonly outcomes: readonly Outcome[] }[];
  readonly proposal: ProposedPolicy | undefined;
  /** What is broken of its budget. */
  readonly broken: readonly Problem[];
}

/** The replay of traces against the servers of an environment. */
export interface TrafficPlan {
  readonly env: string;
  readonly scale: number;
  readonly traces: readonly PlannedTrace[];
  readonly servers: readonly ServerPlan[];
}

/** Requests that may come over capacity where no budget says so: what the proposals of recstack are judged by. */
const OVER_CAPACITY = 0.0002;

/**
 * Replays traces against the servers of an environment.
 *
 * @param progress is told how far it is
 * @throws InvalidInput with everything that is wrong with the traces and the choice of servers
 */
export function planTraffic(app: App, options: TrafficOptions, progress: (text: string) => void): TrafficPlan {
  const problems: Problem[] = [];
  const servers = collecting(problems, () => plannedServers(app, options.servers));
  const traces = collecting(problems, () => readTraces(options.traces, options));
  if (servers === undefined || traces === undefined) throw new InvalidInput(problems);
  return {
    env: options.env,
    scale: options.scale,
    traces,
    servers: servers.map((server) => planServer(server, traces, options.propose, progress)),
  };
}

function planServer(
  server: PlannedServer,
  traces: readonly PlannedTrace[],
  wantsProposal: boolean,
  progress: (text: string) => void,
): ServerPlan {
  const proposal = wantsProposal ? proposalFor(server, traces, progress) : undefined;
  const runs = traces.map((planned) => {
    progress(`${server.path}: replaying ${planned.trace.name}`);
    return { planned, outcomes: replayServer(server, planned.trace, proposal?.manifests) };
  });
  const named = runs.map(({ planned, outcomes }) => ({ trace: planned.trace.name, outcomes }));
  return { server, runs, proposal, broken: brokenBudget(server.path, server.budget, named) };
}

function proposalFor(
  server: PlannedServer,
  traces: readonly PlannedTrace[],
  progress: (text: string) => void,
): ProposedPolicy {
  const { overCapacity } = server.budget;
  const proposal = findProposal(
    traces.map(({ trace }) => trace),
    server.onRequests,
    {
      ...limitsOf(server.manifests),
      overCapacity: overCapacity === undefined ? OVER_CAPACITY : fraction(overCapacity),
      canSetTolerance: server.about.canSetTolerance ?? false,
      progress: (done) => progress(`${server.path}: looking for a better policy, ${Math.round(done * 100)} %`),
    },
  );
  return {
    autoscaling: proposedAutoscaling(server, proposal),
    manifests: withProposal(server, proposal),
    front: proposal.front,
    notes: proposal.notes,
  };
}
