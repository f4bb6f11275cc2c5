import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DaemonSetSpec } from 'kubernetes-types/apps/v1';
import { ModelCache } from '../../lib';
import { KEEP_SCRIPT } from '../../lib/serving/model-cache-keeper';
import { containerOf, objectsOf, platform, specOf } from './fixtures';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'recstack-keeper-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function command(): string[] {
  const cache = new ModelCache(platform(), 'cache', { size: '200Gi' });
  const { template } = specOf<DaemonSetSpec>(objectsOf(cache), 'DaemonSet', 'cache');
  if (template.spec === undefined) throw new Error('the keeper has no pods');
  return containerOf(template.spec, 'keeper').command;
}

test('the script that is shipped is the file that is tested', () => {
  expect(KEEP_SCRIPT).toBe(readFileSync(join(__dirname, '../../lib/serving/keep-models.sh'), 'utf8'));
});

test('a round that fails is followed by the next, and the keeper ends at once when it is told to', async () => {
  // The script is not where a container has it: what the loop calls is noted instead.
  const calls = join(folder, 'calls');
  writeFileSync(join(folder, 'sh'), `#!/bin/sh\necho "$@" >> ${calls}\nexit 1\n`);
  // The first pauses are over at once.
  writeFileSync(
    join(folder, 'sleep'),
    `#!/bin/sh\n[ "$(wc -l < ${calls})" -lt 3 ] || { echo "$1" > ${calls}.pause; exec /bin/sleep 60; }\n`,
  );
  for (const name of ['sh', 'sleep']) chmodSync(join(folder, name), 0o755);
  const [, ...args] = command();
  const child = spawn('/bin/sh', args, { env: { PATH: `${folder}:${process.env.PATH}` }, detached: true });
  try {
    const closed = once(child, 'exit');
    for (let i = 0; i < 200 && !existsSync(`${calls}.pause`); i++) await sleep(20);
    expect(readFileSync(calls, 'utf8')).toBe('/opt/recstack/keep-models.sh\n'.repeat(3));
    expect(readFileSync(`${calls}.pause`, 'utf8')).toBe('600\n');
    child.kill('SIGTERM');
    expect(await closed).toEqual([0, null]);
  } finally {
    // The pause that the loop was in, and the loop itself if it is still there.
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  }
});
