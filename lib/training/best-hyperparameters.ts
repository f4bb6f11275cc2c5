import type { IConstruct } from 'constructs';
import { Platform } from '../platform/platform';

const BEST = Symbol.for('recstack.BestHyperparameters');

/** What finds hyperparameters for others: a HyperparameterSweep. */
export interface BestHyperparameters extends IConstruct {
  /** Name of the ConfigMap in which they stand, as `hyperparameters.json`, once they are found. */
  readonly best: string;
}

/** Makes a construct known as one that finds hyperparameters, also to another copy of recstack. */
export function findsHyperparameters(construct: BestHyperparameters): void {
  Object.defineProperty(construct, BEST, { value: true });
}

/** Whether `x` finds hyperparameters. */
export function isBestHyperparameters(x: unknown): x is BestHyperparameters {
  return typeof x === 'object' && x !== null && BEST in x;
}

/** Why a run would wait for ever for what it takes, as the rest of the sentence after its path. */
export function bestProblems(run: IConstruct, found: BestHyperparameters | undefined): string[] {
  if (found === undefined || Platform.of(found) === Platform.of(run)) return [];
  return [
    `hyperparametersFrom must be a sweep in the platform of the run, got '${found.node.path}': a ConfigMap is read in its own namespace only`,
  ];
}
