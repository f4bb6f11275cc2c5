import type { JobSpec, PodFailurePolicyRule } from 'kubernetes-types/batch/v1';
import { seconds } from '../../core/durations';
import { successOf } from '../elastic';
import { podTemplate, type RunInput } from '../pod';
import { DEFAULT_DEADLINE, DEFAULT_KEEP_FINISHED } from '../survival';
import { torchrunEnv } from '../torchrun';
import type { TrainingJobSettings } from '../training-job-props';

/**
 * One run: an Indexed Job with a pod for each node, all there at once or not at all successful.
 *
 * A pod that is evicted or loses its node is replaced and doesn't count as a failure; a replacement starts only when
 * the old pod is gone, so that there are never two of one rank.
 *
 * @see https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-failure-policy
 */
export function jobSpec(input: RunInput): JobSpec {
  const { name, platform, settings } = input;
  const { nodes, minNodes, gpusPerNode, retries, keepFinished = DEFAULT_KEEP_FINISHED } = settings;
  const domain = `${name}.${platform.namespace}.svc.${platform.cluster.dnsDomain}`;
  return {
    ...indexed(settings),
    backoffLimit: retries,
    ttlSecondsAfterFinished: Math.ceil(seconds(keepFinished)),
    ...successOf(settings),
    podFailurePolicy: { rules: failureRules('Ignore', settings.fatalExitCodes) },
    template: podTemplate(input, {
      env: torchrunEnv({ nodes, minNodes, gpusPerNode, domain, restarts: retries }),
      // The host name `<job>-<index>.<service>`, by which the nodes find the first of them.
      ...(nodes > 1 ? { subdomain: name } : {}),
    }),
  };
}

/** What every engine's Job has: a pod for each node, one of each rank at any time, and an end. */
export function indexed({
  nodes,
  deadline = DEFAULT_DEADLINE,
}: TrainingJobSettings): Pick<
  JobSpec,
  'completionMode' | 'completions' | 'parallelism' | 'activeDeadlineSeconds' | 'podReplacementPolicy'
> {
  return {
    completionMode: 'Indexed',
    completions: nodes,
    parallelism: nodes,
    activeDeadlineSeconds: Math.ceil(seconds(deadline)),
    podReplacementPolicy: 'Failed',
  };
}

/** What becomes of a pod that was disrupted, at index 0, and of one with a fatal exit code, at index 1. */
export function failureRules(
  disrupted: 'Ignore' | 'FailJob',
  fatalExitCodes: readonly number[],
  containerName = 'trainer',
): PodFailurePolicyRule[] {
  const first: PodFailurePolicyRule = {
    action: disrupted,
    onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }],
  };
  if (fatalExitCodes.length === 0) return [first];
  // The API server wants the codes in order and each once.
  const values = [...new Set(fatalExitCodes)].sort((a, b) => a - b);
  // The first rule that matches counts. torchrun ends with 1 when it is evicted, which must not pass for a fatal 1.
  return [first, { action: 'FailJob', onExitCodes: { containerName, operator: 'In', values } }];
}
