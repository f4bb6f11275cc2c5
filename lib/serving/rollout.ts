import type { ModelServerSettings } from './model-server-props';

/** Whether there is room for one more replica than there are. @useDeclaredType */
export type Supply = 'scarce' | 'spare';

/** What a rollout may add and take away at a time. */
export interface Steps {
  readonly maxSurge: number;
  readonly maxUnavailable: number;
}

/** GPUs are scarce unless someone says otherwise, CPU is not. */
export function supplyOf({ supply, gpu }: Pick<ModelServerSettings, 'supply' | 'gpu'>): Supply {
  return supply ?? (gpu === undefined ? 'spare' : 'scarce');
}

/**
 * The steps of a rollout. Where room is spare, a new replica comes before an old one goes. Where it is scarce, it can't:
 * a surge pod would wait forever for the card that only the old one can free (kserve#4618, kuberay#4239, kuberay#1476).
 * Never both zero, with which nothing could move.
 */
export function stepsOf(supply: Supply): Steps {
  return supply === 'spare' ? { maxSurge: 1, maxUnavailable: 0 } : { maxSurge: 0, maxUnavailable: 1 };
}

/**
 * What is wrong with the fewest replicas that there are: a single one whose room is scarce is away while it is replaced,
 * at each rollout. Whoever says `scarce` knows that; to others it happens.
 */
export function replicasProblem(
  settings: Pick<ModelServerSettings, 'supply' | 'gpu'>,
  fewest: number,
  isAutoscaled: boolean,
): string | undefined {
  if (settings.supply !== undefined || supplyOf(settings) === 'spare' || fewest > 1) return undefined;
  const replicas = isAutoscaled ? "the autoscaler's fewest replicas" : 'replicas';
  return `${replicas} must be 2 or more where GPUs are scarce, got ${fewest}, which is away while a new version loads: raise it, set supply to 'spare' if a GPU is free for one more, or to 'scarce' to accept it`;
}

/** A Deployment's part, after the user's own changes; KServe's `deploymentStrategy` is the same. */
interface Strategy {
  readonly type?: string;
  readonly rollingUpdate?: { readonly maxSurge?: number | string; readonly maxUnavailable?: number | string };
}

/** What is wrong with how a changed Deployment, or InferenceService, replaces its pods. */
export function strategyProblem(
  { type, rollingUpdate = {} }: Strategy,
  supply: Supply,
  prop: 'deployment' | 'inferenceService' = 'deployment',
): string | undefined {
  if (type === 'Recreate') return undefined;
  const { maxSurge = '25%', maxUnavailable = '25%' } = rollingUpdate;
  if (isNone(maxSurge) && isNone(maxUnavailable)) {
    return `transform.${prop} must leave maxSurge or maxUnavailable above 0, got 0 and 0: no rollout could begin`;
  }
  if (supply === 'scarce' && isNone(maxUnavailable)) {
    return `transform.${prop} must leave maxUnavailable above 0 where GPUs are scarce, got maxSurge ${maxSurge} and maxUnavailable 0: the new pod would wait for a GPU that only an old one can free; set supply to 'spare' if there is one`;
  }
  return undefined;
}

/** A disruption budget's part, after the user's own changes. */
interface Budget {
  readonly maxUnavailable?: number | string | null;
  readonly minAvailable?: number | string | null;
}

/** What is wrong with a changed budget: one that lets no pod go, ever, blocks every drain of a node. */
export function budgetProblem(
  { maxUnavailable, minAvailable }: Budget,
  fewest: number | undefined,
): string | undefined {
  const what = 'transform.disruptionBudget must let a pod go';
  if (maxUnavailable !== undefined && maxUnavailable !== null) {
    return isNone(maxUnavailable)
      ? `${what}, got maxUnavailable ${maxUnavailable}: no node could be drained`
      : undefined;
  }
  if (minAvailable === undefined || minAvailable === null) return undefined;
  if (minAvailable === '100%') return `${what}, got minAvailable 100%: no node could be drained`;
  if (fewest === undefined) return undefined;
  // Kubernetes rounds a share of the replicas up.
  const kept =
    typeof minAvailable === 'number' ? minAvailable : Math.ceil((Number.parseFloat(minAvailable) / 100) * fewest);
  if (kept < fewest) return undefined;
  return `${what}, got minAvailable ${minAvailable} of ${fewest} replicas: no node could be drained; lower it, or raise the fewest replicas`;
}

function isNone(amount: number | string): boolean {
  return Number.parseFloat(String(amount)) === 0;
}
