import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { trafficPlanSchema } from '../../../lib/cli/plan/traffic-json';
import { recstack, recstackOn } from '../recstack';
import { inTrafficFolder, RANKER } from './traffic-folder';

const own = inTrafficFolder();

const PLAN = ['plan', '--stack', 'main', '--trace', 'sale.csv'] as const;
const plan = (...args: string[]) => recstack(...PLAN, '--no-propose', '--no-report', ...args);
const files = () => readdirSync(own.folder).sort();

test('a trace is replayed against what synth emits, beside what else could be had', () => {
  expect(plan()).toEqual({
    code: 0,
    err: '',
    out: '',
  });
});
