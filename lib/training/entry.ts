import type { Admission, Run } from './training-calendar';
import type { TrainingJobSettings } from './training-job-props';

/** How a run comes into the cluster: through the queue that it waits in, past the calendar that may hold it. */
export function entryOf(run: Run, { queue, priority, calendar }: TrainingJobSettings): Partial<Admission> {
  const admission = calendar?.admit(run, queue);
  const labels = { ...queue?.labels(priority ?? 'normal'), ...admission?.labels };
  return {
    ...(Object.keys(labels).length === 0 ? {} : { labels }),
    ...(admission?.held === undefined ? {} : { held: admission.held }),
  };
}
