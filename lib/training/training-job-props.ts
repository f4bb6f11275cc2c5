import type { CronJob, Job } from 'kubernetes-types/batch/v1';
import type { Service, ServiceAccount } from 'kubernetes-types/core/v1';
import type { NetworkPolicy } from 'kubernetes-types/networking/v1';
import { z } from 'zod';
import { hasCronValues } from '../core/cron';
import { durationSchema } from '../core/durations';
import { imageSchema } from '../core/images';
import { nameSchema } from '../core/names';
import { bytesSchema, cpuSchema } from '../core/quantities';
import { deferrableText, instance, must, oneOf, pattern, text, wholeNumber } from '../core/schema';
import { timeZoneSchema } from '../core/time-zones';
import type { Transform } from '../core/transform';
import type { JobSet } from '../crds/jobset';
import type { RayJob } from '../crds/ray';
import type { TrainingRuntime, TrainJob } from '../crds/trainer';
import { GPU_TYPES } from '../platform/gpus';
import { type BestHyperparameters, isBestHyperparameters } from './best-hyperparameters';
import { ENGINES } from './engines/capabilities';
import { hyperparametersSchema } from './hyperparameters';
import { networkSchema } from './network-props';
import { placementSchema } from './topology';
import { isOwnedVariable, OWNED_VARIABLES } from './torchrun';
import { TrainingCalendar } from './training-calendar';
import { TrainingQueue } from './training-queue';
import { PRIORITIES } from './training-queue-props';
import { trainOnSchema } from './training-trigger-props';
import { dataSchema } from './volumes';

const cronRule = must("be a schedule of cron's five fields, like '0 2 * * *'");
const FIELD = String.raw`(\*|[0-9A-Za-z]+(-[0-9A-Za-z]+)?)(\/\d+)?`;
const CRON = new RegExp(String.raw`^${FIELD}(,${FIELD})*(\s+${FIELD}(,${FIELD})*){4}$`);

const variableRule = must("be the name of a variable, of letters, digits, '_', '-' and '.', from a letter or '_' on");

const ownedRule = must(
  'be a variable of your own',
  `recstack sets ${OWNED_VARIABLES.join(', ')}, so that the nodes find each other`,
);

/** Checks {@link TrainingJobProps}. */
export const trainingJobSchema = z.strictObject({
  /** Image with your training program, PyTorch and torchrun; with the engine `rayjob`, with Ray and its command line. */
  image: imageSchema,
  /**
   * What every node runs. torchrun finds its settings in the environment, so that it needs no flags. With the engine
   * `rayjob`, the program that is submitted to Ray, which runs once, and starts its workers on the nodes itself.
   * @example ['torchrun', 'train.py']
   */
  command: z
    .array(text('a word of the command'))
    .min(1, { error: must('have at least one word') })
    .readonly(),
  /**
   * What runs it. What an engine can't hold is refused, with the one that can.
   *
   * - `job`, a plain Indexed Job, which starts a failed node again while the others wait for it. It can hold all props.
   * - `jobset`, a JobSet, which starts all nodes again and also heals a group that lost its first one. It holds no
   *   schedule, deadline or minNodes.
   * - `trainjob`, a TrainJob of Kubeflow Trainer with a TrainingRuntime of its own: the same JobSet, for who works with
   *   TrainJobs. It holds no keepFinished and no queue with a topology either. Its container is called `node`, and the
   *   controller sets torchrun's variables.
   * - `rayjob`, a RayJob of KubeRay: a Ray of as many workers as nodes, beside a head that runs the program, made anew
   *   for each retry; Ray Train's `FailureConfig` makes good what it can before. It holds no schedule, keepFinished,
   *   minNodes, fatalExitCodes, preemptionGrace, stalledAfter or topology, and a deadline only without retries.
   * @default - a JobSet for several nodes where the cluster has the add-on, unless there is something that it can't
   *   hold; else a Job
   */
  engine: oneOf(ENGINES).optional(),
  /**
   * Nodes that train together; each is one pod.
   * @default 1
   */
  nodes: wholeNumber({ min: 1, max: 1000, of: 'nodes' }).default(1),
  /**
   * The fewest nodes that train, so that a run starts and goes on while others are missing. Whenever one comes or goes,
   * the processes of all start again from the last checkpoint, with another world size. The first node is never one of
   * the missing, as the others meet at it. In a queue, a run still starts with all of its nodes.
   * @default - all of them
   */
  minNodes: wholeNumber({ min: 1, max: 1000, of: 'nodes' }).optional(),
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
   * @default - 1Gi, or half of the memory where that is less
   */
  sharedMemory: bytesSchema.optional(),
  /**
   * Size of `/tmp`, on the node's disk and gone with the pod. Each node sets aside 2Gi more, for logs.
   * @default '10Gi'
   */
  scratch: bytesSchema.default('10Gi'),
  /**
   * What is trained on: claims by a name, each mounted read-only at `/data/<name>`. Several nodes need ones that all can
   * mount (ReadOnlyMany or ReadWriteMany).
   * @default {} - none: the program reads from a store of objects, with the identity of its pods
   * @example { clicks: { claim: 'clicks-2026' } }
   */
  data: dataSchema.default({}),
  /**
   * How several nodes reach each other. The variables of NCCL, Gloo and libfabric that follow from it can't be set in
   * `env`; others, such as `NCCL_DEBUG`, can.
   * @default - by TCP over the pods' own network
   * @example { by: 'rdma', resource: 'rdma/hca_shared_devices_a', count: 8, lockedMemory: 'unlimited' }
   */
  network: networkSchema.optional(),
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
   * A HyperparameterSweep whose result it is tuned by, instead: the pods wait until it is there, and have it in the file
   * `HYPERPARAMETERS_FILE` only, since no one knows it when the arguments are written.
   * @default - none
   */
  hyperparametersFrom: instance<BestHyperparameters>(isBestHyperparameters, 'be a HyperparameterSweep').optional(),
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
   * Whether the program tells of its progress, by the file that `PROGRESS_FILE` names. Without it nobody notices that a
   * run stalls or that its loss is no number: set it to false for a program that can't be changed.
   * @default true
   */
  progress: z.boolean({ error: must('be true or false') }).default(true),
  /**
   * When to run, by cron. Two runs never overlap.
   * @default - once, when it is applied; with `trainOn`, only then
   */
  schedule: pattern<string>(CRON, cronRule, hasCronValues).optional(),
  /**
   * Time zone of the schedule.
   * @default 'Etc/UTC'
   */
  timeZone: timeZoneSchema.default('Etc/UTC'),
  /**
   * How late a run of the schedule may start, when the one before it takes long or the control plane was down; a later
   * one is left out. At least `10s`.
   * @default '1h'
   */
  startingDeadline: durationSchema.optional(),
  /**
   * Alerts that start a run, such as one about new data or about drift, beside the schedule or instead of it.
   * @default - none
   * @example { alerts: ['RankerDrift'], cooldown: '12h' }
   */
  trainOn: trainOnSchema.optional(),
  /**
   * When it must not run. What is due or new meanwhile waits until the calendar opens.
   * @default - it may run at any time
   */
  calendar: instance<TrainingCalendar>(TrainingCalendar.isTrainingCalendar, 'be a TrainingCalendar').optional(),
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
   * The longest that a run may take, with all its retries; only a Job can hold it, and a RayJob without retries.
   * @default '24h' - of the other engines, for each attempt
   */
  deadline: durationSchema.optional(),
  /**
   * How long the program may make no progress before it is stopped, and started again as after any failure: the time
   * since it last wrote `PROGRESS_FILE`. It must be longer than its slowest step, or than an evaluation or a checkpoint
   * in between. The first node is judged, by `sh`, `date` and `stat` of the image.
   * @default - never: its deadline ends it
   */
  stalledAfter: durationSchema.optional(),
  /**
   * How long a node that starts may take to write it for the first time: until its peers are there, data is read and
   * kernels are compiled.
   * @default - as long as `stalledAfter`
   */
  firstProgressWithin: durationSchema.optional(),
  /**
   * How long a run takes as a rule, for the cost in `recstack plan`; nothing is ended by it.
   * @default - not known: the plan tells what it costs at most
   */
  expectedDuration: durationSchema.optional(),
  /**
   * How long a finished run and its logs are kept.
   * @default '24h' - until it is deleted, with the engines `trainjob` and `rayjob`
   */
  keepFinished: durationSchema.optional(),
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
   * How near to each other its nodes lie, by a level of the topology of its queue.
   * @default - wherever there is room
   * @example { required: 'rack' }
   */
  topology: placementSchema.optional(),
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
      trainJob: z.custom<Transform<TrainJob>>().optional(),
      trainingRuntime: z.custom<Transform<TrainingRuntime>>().optional(),
      rayJob: z.custom<Transform<RayJob>>().optional(),
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
