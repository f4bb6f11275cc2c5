import { run } from '../../lib/cli/run';

/** What the program writes, and its exit code. */
export function recstack(...args: string[]): { code: number; out: string; err: string } {
  const written = { out: '', err: '' };
  const code = run(args, {
    out: (text) => {
      written.out += text;
    },
    err: (text) => {
      written.err += text;
    },
  });
  return { code, ...written };
}
