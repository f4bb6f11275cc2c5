import { ApiObject } from 'cdk8s';
import type { IConstruct } from 'constructs';
import type { PersistentVolumeClaim } from 'kubernetes-types/core/v1';
import { Platform } from '../platform/platform';
import type { TrainingJobSettings } from './training-job-props';

/** The ways in which pods of several nodes can write to one volume, and read one. */
const WRITABLE = ['ReadWriteMany'];
const READABLE = ['ReadOnlyMany', ...WRITABLE];

/**
 * Why the pods of a run would wait for each other's volume for ever, where the claim is one of the same chart: one that
 * a single node can mount lets one of them start, and that one waits for its peers.
 */
export function claimProblems(
  run: IConstruct,
  { checkpoints, data, nodes }: TrainingJobSettings,
  /** Pods that have the volumes at the same time, each of which may be on a node of its own. */
  pods: number,
): string[] {
  if (pods === 1) return [];
  const claims = Platform.of(run)
    .node.findAll()
    .filter(ApiObject.isApiObject)
    .filter(({ kind }) => kind === 'PersistentVolumeClaim');
  const problem = (prop: string, name: string, wanted: readonly string[]) => {
    const claim = claims.find((other) => other.name === name);
    const { spec }: PersistentVolumeClaim = claim?.toJson() ?? {};
    const modes = spec?.accessModes ?? [];
    if (claim === undefined || modes.some((mode) => wanted.includes(mode))) return [];
    const use = wanted === WRITABLE ? 'mount and write to' : 'mount';
    const otherwise = pods === nodes ? ' or take one node' : '';
    return [
      `${prop} must be one that ${pods} nodes can ${use}, got '${name}', which is ${modes.join(', ')}: make it ${wanted.join(' or ')}${otherwise}`,
    ];
  };
  return [
    ...(checkpoints === undefined ? [] : problem('checkpoints.claim', checkpoints.claim, WRITABLE)),
    ...Object.entries(data).flatMap(([name, { claim }]) => problem(`data.${name}.claim`, claim, READABLE)),
  ];
}
