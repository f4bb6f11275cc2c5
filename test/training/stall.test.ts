import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stallCommand } from '../../lib/training/stall';
import { objectsOf, platform, problemsOf } from '../serving/fixtures';
import { FOUR_NODES, jobSetPlatform, trainerOf, training } from './fixtures';

test('the kubelet looks at the file of progress from the first step on, and stops the program quickly', () => {
  expect(trainerOf({ stalledAfter: '15m', firstProgressWithin: '1h' }).livenessProbe).toEqual({
    exec: { command: ['sh', '-c', stallCommand(900)] },
    initialDelaySeconds: 3600,
    periodSeconds: 20,
    timeoutSeconds: 10,
    failureThreshold: 3,
    successThreshold: 1,
    terminationGracePeriodSeconds: 10,
  });
});

test('the first progress has as much time as any other, unless it is given more', () => {
  expect(trainerOf({ stalledAfter: '15m' }).livenessProbe.initialDelaySeconds).toBe(900);
});

test('kueue: a run is ready before its first step, or it would be taken for one that does not start', () => {
  const trainer = trainerOf({ stalledAfter: '15m' });
  expect(trainer).not.toHaveProperty('startupProbe');
  expect(trainer).not.toHaveProperty('readinessProbe');
});

test('without it, nobody looks', () => {
  expect(trainerOf()).not.toHaveProperty('livenessProbe');
});

describe('the command', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'recstack-stall-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const busybox = spawnSync('busybox', ['sh', '-c', 'true']).status === 0 ? [['busybox', 'sh']] : [];
  const shells = [['sh'], ...busybox];

  /** Whether the probe is content with a file so many seconds old, or with none. */
  function lives(
    shell: readonly string[],
    age: number | undefined,
    env: Readonly<Record<string, string>> = {},
  ): boolean {
    const file = join(folder, 'progress of a run.json');
    if (age !== undefined) {
      writeFileSync(file, '{"step": 1}');
      const written = Date.now() / 1000 - age;
      utimesSync(file, written, written);
    }
    const [program = '', ...args] = [...shell, '-c', stallCommand(600)];
    const { status } = spawnSync(program, args, { env: { PATH: process.env.PATH ?? '', PROGRESS_FILE: file, ...env } });
    return status === 0;
  }

  test.each(shells.map((shell) => [shell.join(' '), shell] as const))('of the first rank: %s', (_name, shell) => {
    const first = { JOB_COMPLETION_INDEX: '0' };
    expect([lives(shell, undefined, first), lives(shell, 590, first), lives(shell, 610, first)]).toEqual([
      false,
      true,
      false,
    ]);
  });

  test('of the others is content: they write nothing', () => {
    expect(lives(['sh'], undefined, { JOB_COMPLETION_INDEX: '3' })).toBe(true);
    expect(lives(['sh'], 9999, { JOB_COMPLETION_INDEX: '10' })).toBe(true);
  });

  test('of a pod without an index judges, as it is the only one', () => {
    expect(lives(['sh'], 9999)).toBe(false);
    expect(lives(['sh'], 0)).toBe(true);
  });
});

test.each([
  [
    'too short to be seen',
    { stalledAfter: '30s' },
    "stalledAfter must be at least '1m', got '30s': it takes 3 looks at the file, 20 s apart",
  ],
  [
    'longer than the deadline',
    { stalledAfter: '2h', firstProgressWithin: '30m', deadline: '2h' },
    "stalledAfter must be shorter than the deadline, '2h', got '2h': that would end it before",
  ],
  [
    'a first step after the deadline, which is a day by default',
    { stalledAfter: '2h', firstProgressWithin: '2d' },
    "firstProgressWithin must be shorter than the deadline, '24h', got '2d': that would end it before",
  ],
  [
    'a first step only',
    { firstProgressWithin: '2h' },
    "firstProgressWithin must come with stalledAfter, got '2h' and none: set it, too",
  ],
  [
    'an exit code that a stopped program has',
    { stalledAfter: '10m', fatalExitCodes: [42, 137, 1] },
    'fatalExitCodes must be without 1, 143, 137 with stalledAfter, got 137, 1: a stalled program that is stopped ends so, and would not be started again',
  ],
  [
    'no file of progress to judge by',
    { stalledAfter: '10m', progress: false },
    "progress must be true with stalledAfter, got false and '10m': there is no file to judge by, and every run would be stopped; leave stalledAfter out, or name a file of the program's own in env.PROGRESS_FILE",
  ],
  [
    'no retry',
    { stalledAfter: '10m', retries: 0 },
    'retries must be 1 or more with stalledAfter, got 0: what is stopped would not be started again',
  ],
] as const)('what would not heal a stall is refused: %s', (_what, props, problem) => {
  expect(problemsOf(() => objectsOf(training(props)))).toEqual([`[shop/retraining] ${problem}`]);
});

test('a file of the program, of which recstack tells nobody, is enough to judge by', () => {
  const props = { stalledAfter: '10m', progress: false, env: { PROGRESS_FILE: '/tmp/beat' } } as const;
  expect(problemsOf(() => objectsOf(training(props)))).toEqual([]);
});

const RISK =
  "stalledAfter stops the first node, by which the others meet: with the engine 'job' each of the 4 may then fail and cost a retry, which may be more than the 3 retries; take the engine 'jobset'";

test.each([
  ['a Job of several nodes', { ...FOUR_NODES }, [RISK]],
  [
    'one with a retry for each',
    { ...FOUR_NODES, retries: 4 },
    [RISK.replace(', which may be more than the 3 retries', '')],
  ],
  ['a Job of one', {}, []],
  [
    'runs of a schedule, which no JobSet makes',
    { ...FOUR_NODES, schedule: '0 2 * * *' },
    [RISK.replace("take the engine 'jobset'", 'raise retries to 4 or more')],
  ],
  ['runs of a schedule with a retry for each', { ...FOUR_NODES, schedule: '0 2 * * *', retries: 4 }, []],
] as const)('stopping the first node by which the others meet is warned about: %s', (_what, props, warnings) => {
  const manifests = objectsOf(training({ stalledAfter: '10m', ...props }, platform()));
  expect(manifests.warnings.map(({ text }) => text).filter((text) => text.startsWith('stalled'))).toEqual(warnings);
});

test('a JobSet starts all nodes again, which is no risk', () => {
  const { warnings } = objectsOf(training({ stalledAfter: '10m', ...FOUR_NODES }, jobSetPlatform()));
  expect(warnings.filter(({ text }) => text.startsWith('stalled'))).toEqual([]);
});
