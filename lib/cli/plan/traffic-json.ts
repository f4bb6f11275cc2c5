import { z } from 'zod';
import type { Problem } from '../../core/problem';
import type { Manifest } from '../../synth/manifest';
import { version } from '../version';
import { type Outcome, POLICIES, type PolicyName, shareOf } from './outcome';
import type { ServerPlan, TrafficPlan } from './plan-traffic';

const count = z.number().nonnegative();
const manifest = z.custom<Manifest>((value) => typeof value === 'object' && value !== null && 'kind' in value);

const resultSchema = z.strictObject({
  /** Name of the trace. */
  trace: z.string(),
  policy: z.enum(Object.keys(POLICIES) as [PolicyName, ...PolicyName[]]),
  replicaHours: count,
  /** Replica-hours as a multiple of the oracle's. */
  toOracle: count,
  gpuHours: count,
  /** In the currency of the budget's `replicaHourPrice`; null without. */
  cost: count.nullable(),
  requests: count,
  /** Requests that came while the ready replicas had no room for them, and their share of all. */
  overCapacity: count,
  overCapacityShare: count.max(1),
  /** Requests over the latency objective, by the queue model; null where too little is known for it. */
  overSlo: count.nullable(),
  overSloShare: count.max(1).nullable(),
  peakReplicas: count,
});

const proposalSchema = z.strictObject({
  /** What to write into the environment file below the server. */
  autoscaling: z.record(z.string(), z.unknown()),
  /** All objects that scale the server, with the proposal in them. */
  manifests: z.array(manifest),
  /** The policies of which none is both cheaper and better, over all traces. */
  front: z.array(z.strictObject({ requests: count, toOracle: count, overCapacityShare: count.max(1) })),
  /** What one should know before one takes it. */
  notes: z.array(z.string()),
});

const serverSchema = z.strictObject({
  /** The construct path. */
  path: z.string(),
  name: z.string(),
  namespace: z.string(),
  /** What a replica can do, as the replay took it. */
  service: z.strictObject({
    /** Requests per second of a replica. */
    capacity: count,
    /** Seconds from the decision for a replica until it is ready. */
    readySeconds: count,
    /** Seconds over which the metric is taken. */
    metricWindow: count,
    /** GPUs of a replica. */
    gpus: count,
  }),
  /** All objects that scale the server, as synth emits them. */
  manifests: z.array(manifest),
  /** A row for each policy on each trace. */
  results: z.array(resultSchema),
  /** Null with `--no-propose`. */
  proposal: proposalSchema.nullable(),
  /** What is broken of its budget, in words; empty where it is kept or there is none. */
  broken: z.array(z.string()),
});

/** The shape of what `recstack plan --json` writes. A field is never renamed; there may come more. */
export const trafficPlanSchema = z.strictObject({
  /** Version of recstack that wrote it. */
  recstack: z.string(),
  environment: z.string(),
  /** What the requests of the files were multiplied by. */
  scale: z.number().positive(),
  traces: z.array(
    z.strictObject({
      name: z.string(),
      /** Seconds of each step. */
      step: z.number().positive(),
      steps: z.int().positive(),
      /** When it starts, in seconds since 1970; null where nobody knows. */
      startsAt: z.number().nullable(),
      requests: count,
      /** What had to be mended in its file. */
      repairs: z.array(z.string()),
    }),
  ),
  servers: z.array(serverSchema),
});

/** What `recstack plan --json` writes. */
export type TrafficPlanJson = z.output<typeof trafficPlanSchema>;

/** A plan as data, for CI and for whoever replays its manifests. */
export function trafficJson({ env, scale, traces, servers }: TrafficPlan): TrafficPlanJson {
  return {
    recstack: version,
    environment: env,
    scale,
    traces: traces.map(({ trace, repairs }) => ({
      name: trace.name,
      step: trace.step,
      steps: trace.requests.length,
      startsAt: trace.startsAt ?? null,
      requests: trace.requests.reduce((sum, requests) => sum + requests, 0),
      repairs: [...repairs],
    })),
    servers: servers.map(serverJson),
  };
}

function serverJson({ server, runs, proposal, broken }: ServerPlan): TrafficPlanJson['servers'][number] {
  const { name, namespace, gpus } = server.about;
  return {
    path: server.path,
    name,
    namespace,
    service: { ...server.service, gpus },
    manifests: [...server.manifests],
    results: runs.flatMap(({ planned, outcomes }) => {
      const oracle = outcomes.find(({ policy }) => policy === 'oracle')?.replicaHours ?? 0;
      return outcomes.map((outcome) => ({
        trace: planned.trace.name,
        ...resultJson(outcome, oracle, gpus, server.budget.replicaHourPrice),
      }));
    }),
    proposal:
      proposal === undefined
        ? null
        : {
            // Without what is undefined, as JSON will be read.
            autoscaling: JSON.parse(JSON.stringify(proposal.autoscaling)),
            manifests: [...proposal.manifests],
            front: proposal.front.map(({ requests, toOracle, overCapacity }) => ({
              requests,
              toOracle,
              overCapacityShare: overCapacity,
            })),
            notes: [...proposal.notes],
          },
    broken: broken.map(({ text }: Problem) => text),
  };
}

function resultJson(outcome: Outcome, oracle: number, gpus: number, price: number | undefined) {
  const { policy, replicaHours, requests, overCapacity, overSlo, peakReplicas } = outcome;
  return {
    policy,
    replicaHours,
    toOracle: oracle === 0 ? 0 : replicaHours / oracle,
    gpuHours: replicaHours * gpus,
    cost: price === undefined ? null : replicaHours * price,
    requests,
    overCapacity,
    overCapacityShare: shareOf(overCapacity, outcome),
    overSlo: overSlo ?? null,
    overSloShare: overSlo === undefined ? null : shareOf(overSlo, outcome),
    peakReplicas,
  };
}
