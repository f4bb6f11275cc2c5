import type { Cluster } from '../../platform/cluster';
import type { ModelServerSettings } from '../model-server-props';
import type { Engine } from './engine';

/** What would be dropped, or would not run, with the engine that was asked for. */
export function engineProblems(settings: ModelServerSettings, engine: Engine, cluster: Cluster): string[] {
  const { engine: name, transform: changes } = settings;
  const { addon, bringsService } = engine;
  const problems = engine.problems(settings);
  if (addon !== undefined && !cluster.has(addon)) {
    problems.push(
      `engine must be one that the cluster has, got '${name}', but it has no ${addon}: add it to cluster.addons, or take engine 'deployment'`,
    );
  }
  for (const key of ['deployment', 'inferenceService', 'rayService'] as const) {
    if (changes[key] === undefined || key === engine.transform) continue;
    problems.push(`transform.${key} must be left out with engine '${name}': use transform.${engine.transform}`);
  }
  if (bringsService && changes.service !== undefined) {
    problems.push(
      `transform.service must be left out with engine '${name}', which makes the Service: use transform.${engine.transform}`,
    );
  }
  return problems;
}
