import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { REPOSITORY } from '../recstack';

/** Ten minutes at 20 requests a second, ten at 200, ten at 20 again. */
export const SALE = csv([...Array(10).fill(20), ...Array(10).fill(200), ...Array(10).fill(20)]);

/** A trace with steps of a minute. */
export function csv(rates: readonly number[]): string {
  return ['time_s,requests', ...rates.map((rate, i) => `${i * 60},${rate * 60}`), ''].join('\n');
}

/** A replica answers 10 requests a second, and its autoscaler aims for 8. */
export const RANKER = 'ranker: { rps: 10, target: 8, replicas: [2, 50] }';

/** Lets each test of a file run in a folder of its own, with a stack of servers and a trace of a sale. */
export function inTrafficFolder(): { readonly folder: string; servers(...servers: string[]): void } {
  let cwd: string;
  const own = {
    folder: '',
    servers(...servers: string[]) {
      const text = ['servers:', ...servers.map((server) => `  ${server}\n`)].join('\n');
      writeFileSync(join(own.folder, 'environments/production.yaml'), text);
    },
  };
  beforeEach(() => {
    cwd = process.cwd();
    own.folder = mkdtempSync(join(tmpdir(), 'recstack-traffic-'));
    mkdirSync(join(own.folder, 'environments'));
    const stack = `export { default } from '${REPOSITORY}/test/cli/plan/scaled-stack';\n`;
    writeFileSync(join(own.folder, 'main.ts'), stack);
    writeFileSync(join(own.folder, 'sale.csv'), SALE);
    own.servers(RANKER);
    process.chdir(own.folder);
  });
  afterEach(() => {
    process.chdir(cwd);
    rmSync(own.folder, { recursive: true, force: true });
  });
  return own;
}
