import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as capacity from '../../lib/capacity';

/** All that a module imports at run time, its own imports included: packages by name, files by path. */
function importsOf(file: string, seen = new Set<string>()): Set<string> {
  const source = readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
  for (const [, from = ''] of source.matchAll(/^(?:import|export)\s+(?!type\b)[^;]*?from\s+'([^']+)'/gm)) {
    if (!from.startsWith('.')) seen.add(from);
    else {
      const path = [`${join(dirname(file), from)}.ts`, join(dirname(file), from, 'index.ts')].find(existsSync);
      if (path === undefined) throw new Error(`${file} imports ${from}, which was not found`);
      if (!seen.has(path)) importsOf(path, seen.add(path));
    }
  }
  return seen;
}

test('the arithmetic of capacity runs in a browser: it needs nothing of Node, and no package that does', () => {
  const imports = importsOf(join(__dirname, '../../lib/capacity/index.ts'));
  expect(imports).toContain(join(__dirname, '../../lib/capacity/amount.ts'));
  const packages = [...imports].filter((name) => !name.endsWith('.ts'));
  expect(packages.sort()).toEqual(['fastest-levenshtein', 'papaparse', 'zod']);
});

test('the subpath exports what its users need', () => {
  expect(Object.keys(capacity).sort()).toEqual([
    'BASELINES',
    'DEFAULT_OPTIONS',
    'DLRM_SCHEDULING',
    'HIGHEST_LOAD',
    'HpaController',
    'autoscalerOf',
    'compare',
    'constantly',
    'daily',
    'duration',
    'flashSale',
    'footprint',
    'front',
    'growth',
    'highestLoad',
    'hpaSpecOf',
    'lateShare',
    'latencyQuantile',
    'latencyTail',
    'leadSeconds',
    'measureOf',
    'measuredRate',
    'oracle',
    'oracleHours',
    'outage',
    'policyOf',
    'propose',
    'readK6Summary',
    'readTrace',
    'readUsage',
    'replay',
    'resample',
    'sale',
    'scale',
    'slice',
    'sloTarget',
    'summaryOf',
    'verticalFit',
    'weekly',
    'writeTrace',
  ]);
});
