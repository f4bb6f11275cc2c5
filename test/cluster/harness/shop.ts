import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { App } from 'cdk8s';
import { parseDocument } from 'yaml';
import shop from '../../../stacks/shop';

const ENVIRONMENTS = join(__dirname, '..', '..', '..', 'stacks', 'environments');

/** The environments of the repository. */
export const environments = ['dev', 'staging', 'production', 'edge'] as const;

/** The shop as an environment file describes it, in a namespace of the test's own, on a cluster of another version. */
export function shopIn(
  namespace: string,
  environment: (typeof environments)[number],
  { kubernetes }: { kubernetes?: string } = {},
): App {
  const document = parseDocument(readFileSync(join(ENVIRONMENTS, `${environment}.yaml`), 'utf8'));
  document.set('namespace', namespace);
  if (kubernetes !== undefined) document.setIn(['cluster', 'kubernetes'], kubernetes);
  const folder = mkdtempSync(join(tmpdir(), 'recstack-shop-'));
  try {
    const file = join(folder, `${environment}.yaml`);
    writeFileSync(file, String(document));
    return shop.build(file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
