import type { ApiObject } from 'cdk8s';
import type { CronJob } from 'kubernetes-types/batch/v1';
import { show } from '../core/problem';
import { bytes, cores } from '../core/quantities';
import type { Cluster } from '../platform/cluster';
import type { Demand } from './demand';
import { type Amounts, amountsOf, COUNTED, written } from './quota';
import { topologyProblems } from './topology';
import type { TrainingQueueSettings } from './training-queue-props';

/** What a queue has of its own. */
export function ownOf({ gpus, cpu, memory }: TrainingQueueSettings): Amounts {
  return amountsOf({ gpus: gpus?.count, cpu, memory }, 0);
}

/** What a queue lends while it doesn't use it. */
export function lentOf(settings: TrainingQueueSettings): Amounts {
  return least(ownOf(settings), amountsOf(settings.lendingLimit ?? {}, Number.POSITIVE_INFINITY));
}

/** What a queue can borrow at most, of what is lent to it. */
export function borrowedOf({ borrowingLimit, gpus }: TrainingQueueSettings, lendable: Amounts): Amounts {
  const { gpus: cards, ...rest } = least(lendable, amountsOf(borrowingLimit ?? {}, Number.POSITIVE_INFINITY));
  // Only what a queue counts can be borrowed.
  return { ...rest, gpus: gpus === undefined ? 0 : cards };
}

function least(a: Amounts, b: Amounts): Amounts {
  return { gpus: Math.min(a.gpus, b.gpus), cpu: Math.min(a.cpu, b.cpu), memory: Math.min(a.memory, b.memory) };
}

const NAMES = {
  gpus: { unit: ' GPUs', prop: 'gpus.count' },
  cpu: { unit: ' CPU', prop: 'cpu' },
  memory: { unit: ' of memory', prop: 'memory' },
} as const satisfies Record<keyof Amounts, object>;

/** Why a run would wait for ever in a queue, each as the rest of a sentence after the run's path. */
export function waitProblems(
  queue: { readonly name: string; readonly settings: TrainingQueueSettings; readonly borrowed: Amounts },
  demand: Demand,
): string[] {
  const { nodes, gpusPerNode, gpuType, resources } = demand;
  const { name, settings, borrowed } = queue;
  const { gpus, cohort } = settings;
  const problems: string[] = [];
  if (gpusPerNode > 0 && gpus !== undefined && gpuType !== gpus.type) {
    const given = gpuType === undefined ? 'but is missing' : `got '${gpuType}'`;
    problems.push(`gpuType must be '${gpus.type}', which the queue '${name}' counts, ${given}`);
  }
  const own = ownOf(settings);
  const all = totalOf(demand);
  const beside = { ...demand.beside, gpus: 0 };
  const asked = { gpus: String(gpusPerNode), ...resources };
  const quota = { gpus: String(gpus?.count ?? 'none'), cpu: settings.cpu, memory: settings.memory };
  for (const what of COUNTED) {
    const { unit, prop } = NAMES[what];
    if (all[what] <= own[what] + borrowed[what]) continue;
    const loan = cohort === undefined ? '' : ` and can borrow ${written(what, borrowed[what])}`;
    const more = beside[what] === 0 ? '' : ` and ${written(what, beside[what])} for ${beside.what}`;
    problems.push(
      `nodes must fit into the queue '${name}' at the same time, got ${nodes} × ${asked[what]}${unit}${more}, and it has ${quota[what]}${loan}: take fewer or raise the queue's ${prop}, or the run waits for ever`,
    );
  }
  return problems;
}

function totalOf({ nodes, gpusPerNode, resources, beside }: Demand): Amounts {
  return {
    gpus: nodes * gpusPerNode,
    cpu: nodes * cores(resources.cpu) + beside.cpu,
    memory: nodes * bytes(resources.memory) + beside.memory,
  };
}

/** By it, Kueue would start a Job with fewer pods than it asks for. */
const PARTIAL = 'kueue.x-k8s.io/job-min-parallelism';

/** Why a run that a transform lets in by parts would wait for ever: the nodes that start wait for those that don't. */
export function partialProblems(run: ApiObject): string[] {
  const { metadata, spec }: CronJob = run.toJson();
  const annotations = [metadata?.annotations, spec?.jobTemplate?.metadata?.annotations];
  const partial = annotations.map((given) => given?.[PARTIAL]).find((given) => given !== undefined);
  if (partial === undefined) return [];
  return [
    `transform must be without the annotation ${PARTIAL}, got '${partial}': the nodes that are let in would wait for the others for ever (kueue#2796); lower nodes instead`,
  ];
}

/** What a run needs more of than is its queue's own, in words. */
export function onLoan(settings: TrainingQueueSettings, demand: Demand): string[] {
  const own = ownOf(settings);
  const all = totalOf(demand);
  return COUNTED.filter((what) => all[what] > own[what]).map(
    (what) => `${written(what, all[what] - own[what])}${NAMES[what].unit}`,
  );
}

/** What is wrong with a queue's own props, each as the rest of a sentence after its path. */
export function queueProblems(settings: TrainingQueueSettings, cluster: Cluster): string[] {
  const { gpus, topology } = settings;
  const problems: string[] = [];
  if (!cluster.has('kueue')) {
    problems.push("must be in a cluster with the add-on 'kueue': add it to cluster.addons or do without a queue");
  }
  const problem = gpus && cluster.problemWithGpu(gpus.type);
  if (problem !== undefined) problems.push(`gpus.type ${problem}`);
  problems.push(...(settings.cohort === undefined ? aloneProblems(settings) : cohortProblems(settings)));
  if (topology !== undefined) problems.push(...topologyProblems(topology, gpus?.type, cluster));
  return problems;
}

function aloneProblems({ gpus, ...settings }: TrainingQueueSettings): string[] {
  const problems: string[] = [];
  if (gpus?.count === 0) {
    problems.push('gpus.count must be 1 or more without a cohort, got 0: leave gpus out, or set cohort to borrow some');
  }
  for (const limit of ['borrowingLimit', 'lendingLimit'] as const) {
    if (settings[limit] === undefined) continue;
    problems.push(
      `${limit} must come with a cohort, got ${show(settings[limit])} and none: set cohort or leave it out`,
    );
  }
  return problems;
}

function cohortProblems(settings: TrainingQueueSettings): string[] {
  const { cohort, gpus, lendingLimit, topology } = settings;
  const problems: string[] = [];
  if (gpus !== undefined && gpus.type !== cohort?.gpuType) {
    const theirs =
      cohort?.gpuType === undefined ? 'left out, as its cohort has no GPUs' : `'${cohort.gpuType}', as in its cohort`;
    problems.push(`gpus.type must be ${theirs}, got '${gpus.type}': a queue borrows only what is of its kind`);
  }
  if (topology !== undefined) {
    problems.push('topology must be left out in a cohort, whose queues share the same nodes: give it to the cohort');
  }
  for (const limit of ['borrowingLimit', 'lendingLimit'] as const) {
    if (gpus === undefined && settings[limit]?.gpus !== undefined) {
      problems.push(
        `${limit}.gpus must come with gpus, got ${settings[limit].gpus} and none: set gpus or leave it out`,
      );
    }
  }
  const own = ownOf(settings);
  for (const what of COUNTED) {
    const limit = lendingLimit?.[what];
    if (limit === undefined || (what === 'gpus' && gpus === undefined)) continue;
    if (amountsOf({ [what]: limit }, 0)[what] <= own[what]) continue;
    problems.push(
      `lendingLimit.${what} must be at most what the queue has, ${written(what, own[what])}, got ${limit}: lower it, or leave it out to lend all`,
    );
  }
  return problems;
}
