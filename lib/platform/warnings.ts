import type { IConstruct } from 'constructs';
import type { Problem } from '../core/problem';

const TYPE = 'recstack:warning';

/** Notes something that works and yet should be mended. Synth prints it; nothing fails. */
export function warn(construct: IConstruct, text: string): void {
  const known = construct.node.metadata.some((entry) => entry.type === TYPE && entry.data === text);
  if (!known) construct.node.addMetadata(TYPE, text);
}

/** All warnings below a construct, in the order of the tree. */
export function warningsOf(root: IConstruct): Problem[] {
  return root.node
    .findAll()
    .flatMap((construct) =>
      construct.node.metadata
        .filter((entry) => entry.type === TYPE)
        .map((entry) => ({ where: construct.node.path, text: String(entry.data) })),
    );
}
