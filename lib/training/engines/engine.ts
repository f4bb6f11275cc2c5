import type { Cluster } from '../../platform/cluster';
import type { TrainingJobSettings } from '../training-job-props';

/** What can run a TrainingJob. */
export const ENGINES = ['job', 'jobset'] as const;
/** The name of one. @useDeclaredType */
export type Engine = (typeof ENGINES)[number];

/**
 * The engine that is named, or else a JobSet where the cluster has them and one can do all that is asked. With several
 * nodes, starting all of them again heals whatever happened to one; repairing the group around it can't be done when it
 * was the first, by which the others meet.
 */
export function engineOf(settings: TrainingJobSettings, cluster: Cluster): Engine {
  if (settings.engine !== undefined) return settings.engine;
  const fits = settings.nodes > 1 && problemsWithJobSet(settings).length === 0;
  return fits && cluster.has('jobset') ? 'jobset' : 'job';
}

/** What the named engine can't do here, each with the alternative. */
export function engineProblems(settings: TrainingJobSettings, cluster: Cluster): string[] {
  if (settings.engine !== 'jobset') return [];
  const missing = cluster.has('jobset')
    ? []
    : ["engine must be 'job' in a cluster without the add-on 'jobset', got 'jobset': add it to cluster.addons"];
  return [...missing, ...problemsWithJobSet(settings)];
}

function problemsWithJobSet({ schedule, trainOn, deadline }: TrainingJobSettings): string[] {
  const problems: string[] = [];
  if (schedule !== undefined) {
    problems.push(
      `schedule must be left out with the engine 'jobset', which runs once, got '${schedule}': set engine to 'job'`,
    );
  }
  if (trainOn !== undefined) {
    problems.push("trainOn must be left out with the engine 'jobset', which runs once: set engine to 'job'");
  }
  if (deadline !== undefined) {
    problems.push(
      `deadline must be left out with the engine 'jobset', which can only end each attempt, after 24h, got '${deadline}': set engine to 'job'`,
    );
  }
  return problems;
}
