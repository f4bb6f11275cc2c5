import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { type DeepPartial, deepMerge } from '../../../lib/core/merge';
import { type Manifests, synthesize } from '../../../lib/testing';
import type { EnvironmentInput } from '../../../stacks/environment';
import shop from '../../../stacks/shop';

const ENVIRONMENTS = join(__dirname, '..', '..', '..', 'stacks', 'environments');

/** The environments of the repository. */
export const environments = ['dev', 'edge', 'production', 'staging'] as const;
export type EnvironmentName = (typeof environments)[number];

/** The objects of the shop in an environment, with some of its settings changed, such as the namespace. */
export function shopOf(environment: EnvironmentName, changes: DeepPartial<EnvironmentInput> = {}): Manifests {
  const settings: EnvironmentInput = parse(readFileSync(join(ENVIRONMENTS, `${environment}.yaml`), 'utf8'));
  const folder = mkdtempSync(join(tmpdir(), 'recstack-shop-'));
  try {
    const file = join(folder, `${environment}.yaml`);
    writeFileSync(file, stringify(deepMerge(settings, changes)));
    return synthesize(shop.build(file));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
