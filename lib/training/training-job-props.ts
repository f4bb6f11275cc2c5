import type { CronJob, Job } from 'kubernetes-types/batch/v1';
import type { Service, ServiceAccount } from 'kubernetes-types/core/v1';
import type { NetworkPolicy } from 'kubernetes-types/networking/v1';
import { z } from 'zod';
import { durationSchema } from '../core/durations';
import { imageSchema } from '../core/images';
import { nameSchema } from '../core/names';
import { bytesSchema, cpuSchema } from '../core/quantities';
import { deferrableText, instance, must, oneOf, pattern, text, wholeNumber } from '../core/schema';
import type { Transform } from '../core/transform';
import type { JobSet } from '../crds/jobset';
import { GPU_TYPES } from '../platform/gpus';
import { hasCronValues } from './cron';
import { ENGINES } from './engines/engine';
import { hyperparametersSchema } from './hyperparameters';
import { isOwnedVariable, OWNED_VARIABLES } from './torchrun';
import { TrainingQueue } from './training-queue';
import { PRIORITIES } from './training-queue-props';

const cronRule = must("be a schedule of cron's five fields, like '0 2 * * *'");
const FIELD = String.raw`(\*|[0-9A-Za-z]+(-[0-9A-Za-z]+)?)(\/\d+)?`;
const CRON = new RegExp(String.raw`^${FIELD}(,${FIELD})*(\s+${FIELD}(,${FIELD})*){4}$`);

const timeZoneRule = must('be a time zone like Asia/Shanghai');

const variableRule = must("be the name of a variable, of letters, digits, '_', '-' and '.', from a letter or '_' on");

const ownedRule = must(
  'be a variable of your own',
  `recstack sets ${OWNED_VARIABLES.join(', ')}, so that the nodes find each other`,
);

/** Checks {@link TrainingJobProps}. */
export const trainingJobSchema = z.strictObject({
  /** Image with your training program, PyTorch and torchrun. */
  image: imageSchema,
  /**
   * What every node runs. torchrun finds its settings in the environment, so that it needs no flags.
   * @example ['torchrun', 'train.py']
   */
  command: z
    .array(text('a word of the command'))
    .min(1, { error: must('have at least one word') })
    .readonly(),
  /**
   * What runs it: `job`, a plain Indexed Job, which starts a failed node again while the others wait for it, or `jobset`,
   * a JobSet, which starts all of them again and also heals a group that lost its first node.
   * @default - a JobSet for several nodes where the cluster has the add-on, unless there is a schedule or a deadline,
   *   which a JobSet can't hold; else a Job
   */
  engine: oneOf(ENGINES).optional(),
  /**
   * Nodes that train together; each is one pod.
   * @default 1
   */
  nodes: wholeNumber({ min: 1, max: 1000, of: 'nodes' }).default(1),
  /**
   * GPUs of each node; torchrun starts one process for each.
   * @default 0 - trains on CPU, with one process on each node
   */
  gpusPerNode: wholeNumber({ min: 0, max: 16, of: 'GPUs' }).default(0),
  /**
   * Type of the GPUs, as the cluster's description has it.
   * @default - any
   */
  gpuType: oneOf(GPU_TYPES).optional(),
  /** What each node asks for. */
  resources: z.strictObject({
    /** CPU that is set aside. There is no limit: it would slow down data loading while the node has time to spare. */
    cpu: cpuSchema,
    /** Memory, set aside and not to be exceeded. */
    memory: bytesSchema,
  }),
  /**
   * Size of `/dev/shm`, through which data loaders hand over their batches; counted in the memory.
   * @default '1Gi'
   */
  sharedMemory: bytesSchema.default('1Gi'),
  /**
   * Your own environment variables; values may be known only at apply.
   * @default {}
   */
  env: z
    .record(
      pattern<string>(/^[A-Za-z_][-.\w]*$/, variableRule).refine((name) => !isOwnedVariable(name), {
        error: ownedRule,
      }),
      deferrableText('the value of a variable', () => true),
    )
    .default({}),
  /**
   * What the training is tuned by. The program has it as arguments after the command, such as `--learning_rate=0.001`,
   * and as JSON in the file `HYPERPARAMETERS_FILE`.
   * @default - none
   * @example { learning_rate: 1e-3, layers: [512, 256], amp: true }
   */
  hyperparameters: hyperparametersSchema.optional(),
  /**
   * Where checkpoints live: a claim that outlives the pods, mounted at `/checkpoints`. Several nodes need one that
   * all can write to (ReadWriteMany). Each run has a folder of its own there, `CHECKPOINT_FOLDER`, which the program
   * makes.
   * @default - none: a failure starts from the beginning
   */
  checkpoints: z
    .strictObject({
      /** Name of the PersistentVolumeClaim. */
      claim: nameSchema,
      /** How often the program saves; it finds the seconds in `CHECKPOINT_EVERY_SECONDS`. */
      every: durationSchema,
    })
    .optional(),
  /**
   * What a run that must leave its nodes, for another run, a server or maintenance, is left before it is told to end, so
   * that its next checkpoint comes first: longer than `checkpoints.every`. Whoever it makes room for waits so long, and
   * so does a JobSet before it starts all nodes again. A machine that is lost, or taken back by a cloud earlier, keeps
   * no such promise.
   * @default - none: it is told at once, and does again what came after its last checkpoint
   */
  preemptionGrace: durationSchema.optional(),
  /**
   * When to run, by cron. Two runs never overlap.
   * @default - once, when it is applied
   */
  schedule: pattern<string>(CRON, cronRule, hasCronValues).optional(),
  /**
   * Time zone of the schedule.
   * @default 'Etc/UTC'
   */
  timeZone: pattern<string>(/./, timeZoneRule, isTimeZone).default('Etc/UTC'),
  /**
   * Failures of a node that are made good by starting it again, over the whole run.
   * @default 3
   */
  retries: wholeNumber({ min: 0, of: 'retries' }).default(3),
  /**
   * Exit codes that no retry can heal, such as that of a wrong configuration: the run fails at once. torchrun ends with 1
   * whatever its processes end with, so that a command which starts with it has none: let a program of yours start it
   * and pass them on, as `examples/training/trainer/train.py` does.
   * @default []
   */
  fatalExitCodes: z
    .array(wholeNumber({ min: 1, max: 255, of: 'an exit code' }))
    .readonly()
    .default([]),
  /**
   * The longest that a run may take, with all its retries; a JobSet can't hold it.
   * @default '24h' - of a JobSet, for each attempt
   */
  deadline: durationSchema.optional(),
  /**
   * How long a finished run and its logs are kept.
   * @default '24h'
   */
  keepFinished: durationSchema.default('24h'),
  /**
   * The queue in which it waits until all of its nodes fit in. The time that it waits does not count towards the
   * deadline, which begins anew when it is stopped for another.
   * @default - none: the pods are made at once
   */
  queue: instance<TrainingQueue>(TrainingQueue.isTrainingQueue, 'be a TrainingQueue').optional(),
  /**
   * Its place in the queue: it stops runs of a lower one, and is stopped for a higher one and for servers.
   * @default 'normal'
   */
  priority: oneOf(PRIORITIES).optional(),
  /**
   * Name of the priority class of the pods.
   * @default - the cluster's default
   */
  priorityClass: nameSchema.optional(),
  /** The last word on each emitted object. */
  transform: z
    .strictObject({
      job: z.custom<Transform<Job>>().optional(),
      cronJob: z.custom<Transform<CronJob>>().optional(),
      jobSet: z.custom<Transform<JobSet>>().optional(),
      service: z.custom<Transform<Service>>().optional(),
      serviceAccount: z.custom<Transform<ServiceAccount>>().optional(),
      networkPolicy: z.custom<Transform<NetworkPolicy>>().optional(),
    })
    .default({}),
});

/** Properties of a TrainingJob. @interface */
export type TrainingJobProps = z.input<typeof trainingJobSchema>;

/** The same, checked and with defaults. */
export type TrainingJobSettings = z.output<typeof trainingJobSchema>;

/**
 * Whether the time zone is in the tz database that comes with Node, as it comes with Kubernetes. Node also takes other
 * spellings (`asia/shanghai`, and offsets from version 22 on), Kubernetes does not.
 */
function isTimeZone(name: string): boolean {
  try {
    const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions();
    // An alias resolves to another name, so that only its first letter tells.
    return timeZone === name || (timeZone.toLowerCase() !== name.toLowerCase() && /^[A-Z]/.test(name));
  } catch {
    return false;
  }
}
