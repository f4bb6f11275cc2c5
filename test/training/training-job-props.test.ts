import * as pulumi from '@pulumi/pulumi';
import { render } from '../../lib/synth/render';
import { trainingJobSchema } from '../../lib/training/training-job-props';
import { problemsOf } from '../serving/fixtures';
import { cronJobOf, training } from './fixtures';

/** What is said against props; of those that do not compile, too. */
const refused = (props: object) => problemsOf(() => training(props));

test('a job of which nothing more is said trains once, on one node, on CPU', () => {
  const given = {
    image: 'registry.example.com/shop/dlrm-trainer:1.4.2',
    command: ['torchrun', 'train.py'],
    resources: { cpu: '32', memory: '256Gi' },
  };
  expect(trainingJobSchema.parse(given)).toEqual({
    ...given,
    nodes: 1,
    gpusPerNode: 0,
    scratch: '10Gi',
    data: {},
    env: {},
    progress: true,
    timeZone: 'Etc/UTC',
    retries: 3,
    fatalExitCodes: [],
    transform: {},
  });
});

const OWNED =
  'must be a variable of your own, got %: recstack sets PET_*, MASTER_ADDR, MASTER_PORT, RANK, WORLD_SIZE, LOCAL_RANK, so that the nodes find each other';

const VARIABLE = "must be the name of a variable, of letters, digits, '_', '-' and '.', from a letter or '_' on";

test.each(['PET_NNODES', 'PET_RDZV_ENDPOINT', 'MASTER_ADDR', 'MASTER_PORT', 'RANK', 'WORLD_SIZE', 'JOB_NAME'])(
  'the variable %s, which the library sets, is refused',
  (name) => {
    expect(refused({ env: { [name]: '1' } })).toEqual([
      `[shop/retraining] env.${name} ${OWNED.replace('%', `'${name}'`)}`,
    ]);
  },
);

test.each<[what: string, props: object, problem: string]>([
  [
    'an image that changes under your feet',
    { image: 'trainer:latest' },
    "image must be an image with an exact tag or a digest, got 'trainer:latest': like 'registry.example.com/shop/trainer:1.4.2'; 'latest' changes under your feet",
  ],
  ['no command', { command: [] }, 'command must have at least one word, got []'],
  ['an empty word', { command: ['torchrun', ''] }, "command[1] must be a word of the command, got ''"],
  ['no node', { nodes: 0 }, 'nodes must be a whole number of nodes, from 1 to 1000, got 0'],
  ['half a node', { nodes: 1.5 }, 'nodes must be a whole number of nodes, from 1 to 1000, got 1.5'],
  ['too many nodes', { nodes: 1001 }, 'nodes must be a whole number of nodes, from 1 to 1000, got 1001'],
  ['half a GPU', { gpusPerNode: 0.5 }, 'gpusPerNode must be a whole number of GPUs, from 0 to 16, got 0.5'],
  ['less than no GPU', { gpusPerNode: -1 }, 'gpusPerNode must be a whole number of GPUs, from 0 to 16, got -1'],
  [
    'an unknown GPU',
    { gpusPerNode: 1, gpuType: 'nvidia-l5' },
    "gpuType must be one of nvidia-t4, nvidia-l4, nvidia-a10, nvidia-a10g, nvidia-l40s, nvidia-a100-40gb, nvidia-a100-80gb, nvidia-h20, nvidia-h100-80gb, nvidia-h200, nvidia-b200, got 'nvidia-l5': did you mean 'nvidia-l4'?",
  ],
  [
    'memory without a unit',
    { resources: { cpu: '1', memory: '256' } },
    "resources.memory must be an amount with a unit, like '64Gi' or '500M', got '256': units are Ki Mi Gi Ti Pi and k M G T P",
  ],
  [
    'CPU that is a number',
    { resources: { cpu: 32, memory: '1Gi' } },
    "resources.cpu must be an amount of CPU in quotes, like '4' or '250m', got 32",
  ],
  [
    'no shared memory',
    { sharedMemory: '0Gi' },
    "sharedMemory must be an amount with a unit, like '64Gi' or '500M', got '0Gi': units are Ki Mi Gi Ti Pi and k M G T P",
  ],
  ['a variable that is a number', { env: { EPOCHS: 3 } }, 'env.EPOCHS must be the value of a variable, got 3'],
  [
    'a claim that is no name',
    { checkpoints: { claim: 'Ckpt', every: '10m' } },
    "checkpoints.claim must be a name of at most 63 lower-case letters, digits and '-', from a letter to a letter or digit, got 'Ckpt'",
  ],
  [
    'checkpoints of which nobody knows how often',
    { checkpoints: { claim: 'checkpoints' } },
    "checkpoints.every must be a duration with one unit, like '30s', but is missing: units are ms s m h d",
  ],
  ['less than no retry', { retries: -1 }, 'retries must be a whole number of retries, 0 or more, got -1'],
  [
    'success as a failure',
    { fatalExitCodes: [0] },
    'fatalExitCodes[0] must be a whole number of an exit code, from 1 to 255, got 0',
  ],
  [
    'an exit code that there is not',
    { fatalExitCodes: [256] },
    'fatalExitCodes[0] must be a whole number of an exit code, from 1 to 255, got 256',
  ],
  [
    'a deadline without a unit',
    { deadline: '60' },
    "deadline must be a duration with one unit, like '30s', got '60': units are ms s m h d",
  ],
  [
    'no time to look at the logs',
    { keepFinished: '0s' },
    "keepFinished must be a duration with one unit, like '30s', got '0s': units are ms s m h d",
  ],
  [
    'a priority class without a name',
    { priorityClass: '' },
    "priorityClass must be a name of at most 63 lower-case letters, digits and '-', from a letter to a letter or digit, got ''",
  ],
  [
    'a priority class that is no name',
    { priorityClass: 'A B C' },
    "priorityClass must be a name of at most 63 lower-case letters, digits and '-', from a letter to a letter or digit, got 'A B C'",
  ],
  [
    'more retries than Kubernetes counts',
    { retries: 2 ** 31 },
    'retries must be a whole number of retries, at most 2147483647, got 2147483648',
  ],
  ['a deadline of eternity', { deadline: '100000d' }, "deadline must be at most '3650d', got '100000d'"],
  ['a variable without a name', { env: { '': 'x' } }, `env. ${VARIABLE}, got ''`],
  ['a variable with a value in its name', { env: { 'a=b': 'x' } }, `env.a=b ${VARIABLE}, got 'a=b'`],
  ['a variable that starts with a digit', { env: { '1A': 'x' } }, `env.1A ${VARIABLE}, got '1A'`],
  [
    'a prop that is nearly right',
    { node: 4 },
    "node is not known: did you mean 'nodes'? (known: image, command, engine, nodes, minNodes, gpusPerNode, gpuType, resources, sharedMemory, scratch, data, network, env, hyperparameters, hyperparametersFrom, checkpoints, preemptionGrace, progress, schedule, timeZone, startingDeadline, trainOn, calendar, retries, fatalExitCodes, deadline, stalledAfter, firstProgressWithin, expectedDuration, keepFinished, queue, priority, topology, priorityClass, transform)",
  ],
  [
    'a transform of an object that there never is',
    { transform: { deployment: {} } },
    'transform.deployment is not known (known: job, cronJob, jobSet, trainJob, trainingRuntime, rayJob, service, serviceAccount, networkPolicy)',
  ],
])('%s is refused', (_what, props, problem) => {
  expect(refused(props)).toEqual([`[shop/retraining] ${problem}`]);
});

test('everything that is wrong is said at once', () => {
  expect(refused({ nodes: 0, deadline: '60', timeZone: 'Shanghai' })).toHaveLength(3);
});

test.each(['Etc/UTC', 'UTC', 'Asia/Shanghai', 'Asia/Kolkata', 'America/Port-au-Prince', 'Etc/GMT+8'])(
  'the time zone %s reaches the CronJob as it is',
  (timeZone) => {
    expect(cronJobOf({ timeZone }).timeZone).toBe(timeZone);
  },
);

// Node knows the last four: it takes any case, and offsets from version 22 on. Kubernetes does not.
test.each(['Shanghai', 'Local', '', 'CST8', 'asia/shanghai', 'ASIA/SHANGHAI', 'asia/kolkata', '+08:00'])(
  "the time zone '%s', which Kubernetes does not know, is refused",
  (timeZone) => {
    expect(refused({ schedule: '0 2 * * *', timeZone })).toEqual([
      `[shop/retraining] timeZone must be a time zone like Asia/Shanghai, got '${timeZone}'`,
    ]);
  },
);

test('the image and variables may be known only at apply', () => {
  const job = training({
    image: pulumi.interpolate`registry.example.com/shop/trainer:1.4.2`,
    env: { BUCKET: pulumi.output('s3://training') },
  });
  const found = render(job.node.root, { deferred: 'keep' }).find(({ path }) => path === 'shop/retraining/job');
  const text = JSON.stringify(found?.manifest);
  expect(text).toMatch(/"image":"<<recstack:deferred:\d+>>"/);
  expect(text).toMatch(/{"name":"BUCKET","value":"<<recstack:deferred:\d+>>"}/);
});

test.each(['schedule', 'timeZone', 'deadline', 'priorityClass', 'sharedMemory'])(
  '%s must be known when the tree is built',
  (prop) => {
    const [problem] = refused({ [prop]: pulumi.output('24h') });
    expect(problem).toContain(`[shop/retraining] ${prop} must`);
    expect(problem).toContain(', but is a Pulumi Output, known only at apply');
  },
);
