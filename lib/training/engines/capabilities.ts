import type { Addon } from '../../platform/addons';
import type { TrainingJobSettings } from '../training-job-props';

/** What can run a TrainingJob. */
export const ENGINES = ['job', 'jobset', 'trainjob', 'rayjob'] as const;
/** The name of one. @useDeclaredType */
export type Engine = (typeof ENGINES)[number];

/** Props that not every engine can hold, with what was given of them. */
export const ASKED = {
  schedule: ({ schedule }) => schedule,
  trainOn: ({ trainOn }) => trainOn?.alerts.map((alert) => (typeof alert === 'string' ? alert : alert.name)).join(', '),
  deadline: ({ deadline }) => deadline,
  keepFinished: ({ keepFinished }) => keepFinished,
  minNodes: ({ minNodes }) => minNodes,
  fatalExitCodes: ({ fatalExitCodes }) => (fatalExitCodes.length === 0 ? undefined : fatalExitCodes.join(', ')),
  preemptionGrace: ({ preemptionGrace }) => preemptionGrace,
  stalledAfter: ({ stalledAfter }) => stalledAfter,
  queue: ({ queue }) => queue?.name,
  topology: ({ topology }) => topology && Object.values(topology).join(', '),
} as const satisfies Record<string, (settings: TrainingJobSettings) => string | number | undefined>;

/** The name of one. */
export type Asked = keyof typeof ASKED;

/** What an engine is, and what it can't do. */
export interface Capabilities {
  /** The kind of its object. */
  readonly kind: 'Job' | 'JobSet' | 'TrainJob' | 'RayJob';
  /** What the cluster must have. */
  readonly addon?: Addon;
  /** What the command is a program of: torchrun on each node, or Ray, once. */
  readonly runs: 'torchrun' | 'ray';
  /** What starts again when a node fails: the node alone, or all of them together. */
  readonly restarts: 'node' | 'gang';
  /** What it can't do, each with the reason, as the rest of a sentence after `with the engine '…', which`. */
  readonly lacks: Partial<Record<Asked, string | ((settings: TrainingJobSettings) => string | undefined)>>;
}

const EACH_ATTEMPT = 'can only end each attempt, after 24h';
const STARTS_ALL = 'starts all nodes again when one is missing';

/**
 * What each engine can: whatever `lacks` doesn't name. All of them can be ended by a failure of the program.
 *
 * The time to live of a JobSet is no use inside a TrainJob, whose controller makes a JobSet that is gone anew, and runs
 * it (trainer#3779). Kueue 0.14 tells a TrainJob of 2.0 where to place its nodes, in a field that 2.1 has under another
 * name; a queue with a topology places all that is in it, asked or not. KubeRay takes a run for stopped, and starts it
 * again, while its pods still end.
 *
 * @see https://github.com/kubeflow/trainer/blob/v2.1.0/pkg/runtime/framework/plugins/jobset/jobset.go
 * @see https://github.com/ray-project/kuberay/blob/v1.6.0/ray-operator/controllers/ray/rayjob_controller.go
 * @see https://github.com/kubernetes-sigs/kueue/blob/v0.14.0/pkg/scheduler/flavorassigner/tas_flavorassigner.go#L165
 */
export const CAPABILITIES: Record<Engine, Capabilities> = {
  job: { kind: 'Job', runs: 'torchrun', restarts: 'node', lacks: {} },
  jobset: {
    kind: 'JobSet',
    addon: 'jobset',
    runs: 'torchrun',
    restarts: 'gang',
    lacks: { schedule: 'runs once', trainOn: 'runs once', deadline: EACH_ATTEMPT, minNodes: STARTS_ALL },
  },
  trainjob: {
    kind: 'TrainJob',
    addon: 'kubeflow-trainer',
    runs: 'torchrun',
    restarts: 'gang',
    lacks: {
      schedule: 'runs once',
      trainOn: 'runs once',
      deadline: EACH_ATTEMPT,
      keepFinished: 'stays until it is deleted',
      minNodes: STARTS_ALL,
      queue: ({ queue }) => queue?.topology && 'loses where a queue with a topology places its nodes',
      topology: 'loses where Kueue would place its nodes',
    },
  },
  rayjob: {
    kind: 'RayJob',
    addon: 'kuberay',
    runs: 'ray',
    restarts: 'gang',
    lacks: {
      schedule: 'runs once',
      trainOn: 'runs once',
      // Its clock starts anew with each retry.
      deadline: ({ retries }) => (retries === 0 ? undefined : 'with retries can only end each attempt, after 24h'),
      keepFinished: 'gives its nodes back at once and keeps the log of the program until it is deleted',
      minNodes: 'starts when all nodes are there',
      fatalExitCodes: 'tries again whatever the exit code is',
      preemptionGrace: 'could start again while its old nodes still save',
      stalledAfter: 'has no first node to judge by',
      queue: ({ queue, gpusPerNode }) =>
        queue?.topology && gpusPerNode > 0
          ? 'has a head without GPUs, which a queue with a topology sends to nodes of GPUs that keep it out'
          : undefined,
      topology: 'is placed in parts, its head apart from its nodes',
    },
  },
};

/** Why an engine can't hold a prop that is given, or undefined where it can. */
export function lackOf(engine: Engine, asked: Asked, settings: TrainingJobSettings): string | undefined {
  const lack = CAPABILITIES[engine].lacks[asked];
  return typeof lack === 'function' ? lack(settings) : lack;
}

/** What is asked for and can't be had of an engine. */
export function lacksOf(engine: Engine, settings: TrainingJobSettings): { asked: Asked; reason: string }[] {
  return (Object.keys(ASKED) as Asked[]).flatMap((asked) => {
    const reason = ASKED[asked](settings) === undefined ? undefined : lackOf(engine, asked, settings);
    return reason === undefined ? [] : [{ asked, reason }];
  });
}
