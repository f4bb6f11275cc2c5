import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Asks again and again until `check` no longer throws, and returns what it gives. When the time is up, its last error
 * is thrown: an `expect` inside says what was still missing.
 */
export async function eventually<T>(check: () => T | Promise<T>, { seconds = 30, every = 0.2 } = {}): Promise<T> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > end) throw error;
      await sleep(every * 1000);
    }
  }
}
