import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Stack } from '../../lib';
import { type Manifests, synthesize } from '../../lib/testing';

const EXAMPLES = join(__dirname, '..', '..', 'examples');

/** Each example with each of its environments, as `first-ranker/production`. */
export const examples: readonly string[] = readdirSync(EXAMPLES).flatMap((example) =>
  readdirSync(join(EXAMPLES, example, 'environments')).map((file) => `${example}/${basename(file, '.yaml')}`),
);

/** What an example writes for one of its environments. */
export function manifestsOf(name: string): Manifests {
  const [example = '', environment = ''] = name.split('/');
  const folder = join(EXAMPLES, example);
  const { default: stack } = require(join(folder, 'main.ts')) as { default: Stack };
  return synthesize(stack.build(join(folder, 'environments', `${environment}.yaml`)));
}
