import { randomUUID } from 'node:crypto';
import { link, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

const BEAT = 5_000;
const SILENT = 60_000;

export interface Lock {
  release(): Promise<void>;
}

export interface Holder {
  readonly pid: number;
  readonly purpose: string;
}

/**
 * Waits for a lock file and takes it. It only saves work: builds stay right without it, so a lock whose owner is gone
 * may be taken over in the simplest way. `waiting` is told who has it, each time it is looked at.
 */
export async function lock(file: string, purpose: string, waiting: (holder: Holder) => void): Promise<Lock> {
  const mine = `${process.pid} ${purpose} ${randomUUID()}`;
  const draft = `${file}.${process.pid}-${randomUUID()}`;
  await writeFile(draft, mine);
  try {
    // A link appears with its content, where opening and writing would show an empty file in between.
    while (!(await linked(draft, file))) {
      const holder = await content(file);
      if (holder === undefined) continue; // It was released just now.
      if (await isStale(file, holder)) {
        await rm(file, { force: true });
        continue;
      }
      const [pid, purpose = ''] = holder.split(' ');
      waiting({ pid: Number(pid), purpose });
      await sleep(500);
    }
  } finally {
    await rm(draft, { force: true });
  }
  const beat = setInterval(() => void touch(file).catch(() => {}), BEAT);
  beat.unref();
  return {
    async release() {
      clearInterval(beat);
      const holder = await content(file);
      if (holder === mine) await rm(file, { force: true });
    },
  };
}

async function linked(from: string, to: string): Promise<boolean> {
  await touch(from); // The two are one file then, and what waited long must not look silent.
  return link(from, to).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return false;
      throw error;
    },
  );
}

async function content(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}

function touch(file: string): Promise<void> {
  const now = new Date();
  return utimes(file, now, now);
}

/** An owner touches its lock every few seconds. The pid alone would not do: after a reboot it may be someone else's. */
async function isStale(file: string, holder: string): Promise<boolean> {
  if (!isAlive(Number.parseInt(holder, 10))) return true;
  const info = await stat(file).catch(() => undefined);
  return info !== undefined && Date.now() - info.mtimeMs > SILENT;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
