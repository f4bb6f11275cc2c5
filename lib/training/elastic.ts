import type { JobSpec } from 'kubernetes-types/batch/v1';
import type { Cluster } from '../platform/cluster';
import type { TrainingJobSettings } from './training-job-props';

const SUCCESS_POLICY = 'Job success policy';

/**
 * What makes an elastic run a success: that its first node ended well. All meet there, so that it is one of those that
 * trained, and torchrun lets it end after the others. Nodes that never came would otherwise have to succeed as well: once
 * there is room, they would come to look for peers that are gone.
 *
 * @see https://kubernetes.io/docs/concepts/workloads/controllers/job/#success-policy
 * @see https://github.com/pytorch/pytorch/blob/main/torch/distributed/elastic/agent/server/api.py
 */
export function successOf(settings: TrainingJobSettings): Pick<JobSpec, 'successPolicy'> {
  return isElastic(settings) ? { successPolicy: { rules: [{ succeededIndexes: '0' }] } } : {};
}

/** What can't work of an elastic run, each as the rest of a sentence after the job's path. */
export function elasticProblems(settings: TrainingJobSettings, cluster: Cluster): string[] {
  const { minNodes, nodes, checkpoints } = settings;
  if (minNodes === undefined) return [];
  const problems: string[] = [];
  if (minNodes > nodes) problems.push(`minNodes must be at most nodes, ${nodes}, got ${minNodes}: raise nodes`);
  if (!isElastic(settings)) return problems;
  if (checkpoints === undefined) {
    problems.push(
      `minNodes must come with checkpoints, got ${minNodes} and none: whenever a node comes or goes, all would start from the beginning`,
    );
  }
  if (!cluster.supports(SUCCESS_POLICY)) {
    problems.push(
      `minNodes must run on Kubernetes ${cluster.since(SUCCESS_POLICY)} or newer, got ${cluster.kubernetes}, where a run would wait for its missing nodes after its end: leave it out`,
    );
  }
  return problems;
}

function isElastic({ minNodes, nodes }: TrainingJobSettings): boolean {
  return minNodes !== undefined && minNodes < nodes;
}
