import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PROGRESS_SCRIPT } from '../../lib/training/progress';
import { freePort } from '../cluster/harness/ports';
import { hasPython, onPython } from '../python';

// A process of Python takes its time to start on a busy machine.
jest.setTimeout(60_000);

let folder: string;
let port: number;
let exporter: ChildProcess;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'recstack-progress-'));
  if (hasPython) await start();
});
beforeEach(() => rmSync(file(), { force: true }));
afterAll(async () => {
  await stop('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const file = () => join(folder, 'progress.json');
const log = () => join(folder, 'termination-log');

/** Starts it as its container does, but for the places. */
async function start(): Promise<void> {
  port = await freePort();
  exporter = spawn('python3', ['-I', '-c', PROGRESS_SCRIPT, file(), String(port), log()], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  for (let i = 0; i < 200; i++) {
    if (await get('/metrics').catch(() => undefined)) return;
    await sleep(100);
  }
  throw new Error('the exporter does not answer');
}

async function stop(signal: 'SIGTERM' | 'SIGINT' | 'SIGKILL'): Promise<number | null> {
  if (exporter === undefined || exporter.exitCode !== null || exporter.signalCode !== null) return null;
  const end = once(exporter, 'exit');
  exporter.kill(signal);
  await end;
  return exporter.exitCode;
}

/** Writes the file as programs should. */
function write(content: string): void {
  writeFileSync(`${file()}.tmp`, content);
  renameSync(`${file()}.tmp`, file());
}

async function get(path: string) {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(5000) });
  return { status: answer.status, type: answer.headers.get('content-type'), body: await answer.text() };
}

/** The series of the page, without what is said about them. */
async function series(): Promise<string[]> {
  const { status, body } = await get('/metrics');
  expect(status).toBe(200);
  return body.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

const WHOLE =
  '{"step": 1200, "steps": 10000, "loss": 0.31, "samples": 1228800, "checkpoint": 1764000000, "metrics": {"ndcg": 0.41}}';

onPython('every figure is a series, with a type and a meaning', async () => {
  write(WHOLE);
  const { type, body } = await get('/metrics');
  expect(type).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(body.replace(/(training_progress_timestamp_seconds) \d.*/, '$1 NOW')).toBe(`\
# HELP training_step Steps done.
# TYPE training_step gauge
training_step 1200.0
# HELP training_steps Steps of the whole run.
# TYPE training_steps gauge
training_steps 10000.0
# HELP training_loss Loss of the last step.
# TYPE training_loss gauge
training_loss 0.31
# HELP training_samples_total Samples trained on.
# TYPE training_samples_total counter
training_samples_total 1228800.0
# HELP training_checkpoint_timestamp_seconds Time of the last checkpoint.
# TYPE training_checkpoint_timestamp_seconds gauge
training_checkpoint_timestamp_seconds 1764000000.0
# HELP training_progress_timestamp_seconds Time at which the run last told of itself.
# TYPE training_progress_timestamp_seconds gauge
training_progress_timestamp_seconds NOW
# HELP training_metric Figures of quality.
# TYPE training_metric gauge
training_metric{name="ndcg"} 0.41
`);
});

onPython('the time at which it told of itself is that of the file', async () => {
  write('{"step": 1}');
  const { mtimeMs } = statSync(file());
  const [step, time, ...more] = await series();
  expect([step, more]).toEqual(['training_step 1.0', []]);
  expect(Number(time?.split(' ')[1])).toBeCloseTo(mtimeMs / 1000, 3);
});

onPython.each([
  ['no file', undefined],
  ['an empty file', ''],
  ['half a file', '{"step": 12'],
  ['a list', '[1]'],
  ['no step', '{"loss": 1}'],
  ['a step that is a word', '{"step": "many"}'],
  ['a step that is true', '{"step": true}'],
  ['a step that is no number', '{"step": NaN}'],
  ['a step without end', '{"step": Infinity}'],
  ['a step that no number can hold', `{"step": 1${'0'.repeat(400)}}`],
  ['bytes that are no text', '\u0000\u0001'],
  ['brackets without end', '['.repeat(60_000)],
])('%s is no error: there are no series', async (_what, content) => {
  if (content !== undefined) write(content);
  expect(await series()).toEqual([]);
  expect(await get('/progress')).toMatchObject({ status: 404 });
});

onPython('a value that is no number is left out, and the others stay', async () => {
  write('{"step": 1, "steps": null, "loss": "low", "samples": [1], "metrics": {"a": 1, "b": "x", "c": false}}');
  expect((await series()).filter((line) => !line.includes('timestamp'))).toEqual([
    'training_step 1.0',
    'training_metric{name="a"} 1.0',
  ]);
});

onPython('metrics that are no object are left out', async () => {
  write('{"step": 1, "metrics": [1, 2]}');
  expect(await series()).toHaveLength(2);
});

onPython("what Python writes for a loss that is no number is Prometheus' own, and null in JSON", async () => {
  write('{"step": 7, "loss": NaN, "metrics": {"up": Infinity, "down": -Infinity}}');
  expect((await series()).filter((line) => !line.includes('timestamp'))).toEqual([
    'training_step 7.0',
    'training_loss NaN',
    'training_metric{name="up"} +Inf',
    'training_metric{name="down"} -Inf',
  ]);
  expect((await get('/progress')).body).toBe('{"step":7,"loss":null,"metrics":{"up":null,"down":null}}');
});

onPython('names of metrics are escaped, and two that come out alike are one', async () => {
  write(String.raw`{"step": 1, "metrics": {"a\"b\\c\nd": 1, "größe": 2, "\ud800": 3, "\udfff": 4}}`);
  expect((await series()).slice(2)).toEqual([
    String.raw`training_metric{name="a\"b\\c\nd"} 1.0`,
    'training_metric{name="größe"} 2.0',
    'training_metric{name="?"} 4.0',
  ]);
});

onPython('the JSON is what the contract knows, and no more', async () => {
  write('{"step": 3, "secret": "x", "metrics": {"ndcg": 0.5}}');
  expect(await get('/progress')).toEqual({
    status: 200,
    type: 'application/json',
    body: '{"step":3,"metrics":{"ndcg":0.5}}',
  });
});

onPython('there is nothing else to see', async () => {
  write(WHOLE);
  expect((await get('/')).status).toBe(404);
  expect((await get('/metrics?name=x')).status).toBe(200);
});

describe('at the end of the run', () => {
  async function lastWord(content: string | undefined, signal: 'SIGTERM' | 'SIGINT' = 'SIGTERM') {
    rmSync(log(), { force: true });
    if (exporter.exitCode !== null) await start();
    if (content !== undefined) write(content);
    return { code: await stop(signal), word: existsSync(log()) ? readFileSync(log(), 'utf8') : undefined };
  }

  onPython.each(['SIGTERM', 'SIGINT'] as const)(
    'it ends by %s with 0, and its last word is the JSON',
    async (signal) => {
      expect(await lastWord(WHOLE, signal)).toEqual({
        code: 0,
        word: '{"step":1200,"steps":10000,"loss":0.31,"samples":1228800,"checkpoint":1764000000,"metrics":{"ndcg":0.41}}',
      });
    },
  );

  onPython('of a run that told nothing there is no last word, and it ends with 0 all the same', async () => {
    expect(await lastWord(undefined)).toEqual({ code: 0, word: undefined });
  });

  onPython('the last word is whole, and as much as a kubelet reads: the last metrics are left out', async () => {
    const metrics = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`metric_${i}`, i]));
    const { word = '' } = await lastWord(JSON.stringify({ step: 1, metrics }));
    expect(word.length).toBeLessThanOrEqual(4096);
    expect(word.length).toBeGreaterThan(4096 - 20);
    const kept = JSON.parse(word);
    expect(Object.keys(kept.metrics)).toEqual(Object.keys(metrics).slice(0, Object.keys(kept.metrics).length));
  });

  onPython('one metric that is too long for it is left out, and the step stays', async () => {
    expect((await lastWord(JSON.stringify({ step: 1, metrics: { ['x'.repeat(5000)]: 1 } }))).word).toBe('{"step":1}');
  });
});
