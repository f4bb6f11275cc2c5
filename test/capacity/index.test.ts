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

test('the arithmetic of capacity runs in a browser: it needs nothing of Node, and of packages such as run there', () => {
  const imports = importsOf(join(__dirname, '../../lib/capacity/index.ts'));
  expect(imports).toContain(join(__dirname, '../../lib/capacity/amount.ts'));
  const packages = [...imports].filter((name) => !name.endsWith('.ts'));
  expect(packages.sort()).toEqual(['fastest-levenshtein', 'zod']);
});

test('the subpath exports what its users need', () => {
  expect(Object.keys(capacity).sort()).toEqual([
    'BASELINES',
    'DEFAULT_OPTIONS',
    'DLRM_SCHEDULING',
    'HpaController',
    'autoscalerOf',
    'compare',
    'constantly',
    'footprint',
    'measureOf',
    'oracle',
    'oracleHours',
    'policyOf',
    'replay',
  ]);
});
