import { ApiObject } from 'cdk8s';
import type { IConstruct } from 'constructs';
import type { PersistentVolumeClaim } from 'kubernetes-types/core/v1';
import { Platform } from '../platform/platform';
import type { TrainingJobSettings } from './training-job-props';

/** The ways in which pods of several nodes can write to one volume. */
const SHARED = 'ReadWriteMany';

/**
 * Why the nodes of a run would wait for each other's volume for ever, where the claim is one of the same chart: one that
 * a single node can mount lets one of them start, and that one waits for its peers.
 */
export function claimProblems(run: IConstruct, { checkpoints, nodes }: TrainingJobSettings): string[] {
  if (checkpoints === undefined || nodes === 1) return [];
  const claim = Platform.of(run)
    .node.findAll()
    .filter(ApiObject.isApiObject)
    .find(({ kind, name }) => kind === 'PersistentVolumeClaim' && name === checkpoints.claim);
  const { spec }: PersistentVolumeClaim = claim?.toJson() ?? {};
  const modes = spec?.accessModes ?? [];
  if (claim === undefined || modes.includes(SHARED)) return [];
  return [
    `checkpoints.claim must be one that ${nodes} nodes can mount and write to, got '${checkpoints.claim}', which is ${modes.join(', ')}: make it ${SHARED} or take one node`,
  ];
}
