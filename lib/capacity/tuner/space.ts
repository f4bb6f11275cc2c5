import type { DemandPolicy } from './policy';
import { DEFAULT_TOLERANCE } from './policy';

/** Values that a policy may take, one list for each of its numbers; each from the cheap to the careful. */
export interface Space {
  readonly upTolerance: readonly number[];
  readonly downTolerance: readonly number[];
  readonly upWindow: readonly number[];
  readonly upPercent: readonly number[];
  readonly downWindow: readonly number[];
  /** Percent and seconds. */
  readonly downRate: readonly (readonly [number, number])[];
  readonly fewest: readonly number[];
}

/** One value of each list, by its place. */
export type Point = Readonly<Record<keyof Space, number>>;

export interface SpaceProps {
  readonly fewest: number;
  readonly canSetTolerance: boolean;
}

/** The policies that are tried. The target is not among them: for each it is found by bisection. */
export function spaceOf({ fewest, canSetTolerance }: SpaceProps): Space {
  const tolerances = canSetTolerance ? [DEFAULT_TOLERANCE, 0.05, 0.02, 0] : [DEFAULT_TOLERANCE];
  return {
    upTolerance: tolerances,
    downTolerance: tolerances,
    upWindow: [0, 30, 60],
    upPercent: [100, 300, 900],
    downWindow: [0, 60, 90, 120, 180, 300, 600],
    downRate: [
      [100, 15],
      [50, 60],
      [10, 15],
      [20, 60],
      [10, 60],
      [5, 60],
    ],
    fewest: [...new Set([1, 1.25, 1.5, 2, 3].map((multiple) => Math.ceil(fewest * multiple)))],
  };
}

/** Where the search begins: what Kubernetes does by default, and a shorter window with a rate instead. */
export function startsOf(space: Space): readonly Point[] {
  const up = { upTolerance: 0, downTolerance: 0, upWindow: 0, upPercent: 0, fewest: 0 };
  return [
    { ...up, downWindow: space.downWindow.indexOf(300), downRate: 0 },
    { ...up, downWindow: space.downWindow.indexOf(60), downRate: space.downRate.length - 1 },
  ];
}

/** What is tried last: half of what a replica can do, and every number at its most careful but the minimum. */
export function carefulIn(space: Space, capacity: number, most: number): DemandPolicy {
  const at = {
    upTolerance: space.upTolerance.length - 1,
    downTolerance: 0,
    upWindow: 0,
    upPercent: space.upPercent.length - 1,
    downWindow: space.downWindow.length - 1,
    downRate: 0,
    fewest: 0,
  };
  return policyAt(space, at, capacity / 2, most);
}

export function policyAt(space: Space, at: Point, requests: number, most: number): DemandPolicy {
  const [percent, every] = valueAt(space.downRate, at.downRate);
  const fewest = valueAt(space.fewest, at.fewest);
  return {
    requests,
    replicas: [fewest, Math.max(fewest, most)],
    tolerance: { up: valueAt(space.upTolerance, at.upTolerance), down: valueAt(space.downTolerance, at.downTolerance) },
    up: { window: valueAt(space.upWindow, at.upWindow), percent: valueAt(space.upPercent, at.upPercent) },
    down: { window: valueAt(space.downWindow, at.downWindow), percent, every },
  };
}

function valueAt<Value>(values: readonly Value[], place: number): Value {
  const value = values[place];
  if (value === undefined) throw new RangeError(`there is no value ${place} among ${values.length}`);
  return value;
}
