import type { Cluster } from '../../platform/cluster';
import type { TrainingJobSettings } from '../training-job-props';
import { ASKED, type Asked, CAPABILITIES, ENGINES, type Engine, lackOf, lacksOf } from './capabilities';

/**
 * The engine that is named, or else a JobSet where the cluster has them and one can do all that is asked. With several
 * nodes, starting all of them again heals whatever happened to one; repairing the group around it can't be done when it
 * was the first, by which the others meet.
 *
 * A TrainJob is the same JobSet behind one more controller, and a RayJob runs other programs: both are taken by name only.
 */
export function engineOf(settings: TrainingJobSettings, cluster: Cluster): Engine {
  if (settings.engine !== undefined) return settings.engine;
  const fits = settings.nodes > 1 && lacksOf('jobset', settings).length === 0;
  return fits && cluster.has('jobset') ? 'jobset' : 'job';
}

/** What the named engine can't do here, each with the alternative. */
export function engineProblems(settings: TrainingJobSettings, cluster: Cluster): string[] {
  const { engine } = settings;
  if (engine === undefined) return [];
  const { addon } = CAPABILITIES[engine];
  const missing =
    addon === undefined || cluster.has(addon)
      ? []
      : [`engine must be 'job' in a cluster without the add-on '${addon}', got '${engine}': add it to cluster.addons`];
  const lacks = lacksOf(engine, settings).map(({ asked, reason }) => {
    const text = `${asked} must be left out with the engine '${engine}', which ${reason}, got '${ASKED[asked](settings)}'`;
    return `${text}: set engine to ${alternatives(asked, settings, cluster)}`;
  });
  return [...missing, ...lacks];
}

/** The engines of torchrun that are here and can: a plain Job always is, and can. */
function alternatives(asked: Asked, settings: TrainingJobSettings, cluster: Cluster): string {
  return ENGINES.filter((engine) => {
    const { addon, runs } = CAPABILITIES[engine];
    const isHere = addon === undefined || cluster.has(addon);
    return runs === 'torchrun' && isHere && lackOf(engine, asked, settings) === undefined;
  })
    .map((engine) => `'${engine}'`)
    .join(' or ');
}
