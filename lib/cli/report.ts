import { footprint } from '../capacity/footprint';
import { formatProblem, type Problem } from '../core/problem';
import type { Manifest } from '../synth/manifest';
import { describeFootprint } from './describe-footprint';
import type { Terminal } from './terminal';

/** What manifests ask of a cluster, and what of them should be mended. */
export function report(
  { manifests, warnings }: { readonly manifests: readonly Manifest[]; readonly warnings: readonly Problem[] },
  terminal: Terminal,
): void {
  const { least, most } = footprint(manifests);
  terminal.out(`at rest ${describeFootprint(least)}\n`);
  terminal.out(`at most ${describeFootprint(most)}\n`);
  for (const warning of warnings) terminal.err(`warning ${formatProblem(warning)}\n`);
}
