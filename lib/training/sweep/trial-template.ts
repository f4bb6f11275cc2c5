import type { Job } from 'kubernetes-types/batch/v1';
import type { EnvVar, PodSpec } from 'kubernetes-types/core/v1';
import { podLabels } from '../../platform/labels';
import { jobSpec } from '../engines/job';
import type { RunInput } from '../pod';

/** By which the coordinator finds the trials of a sweep, and their pods. */
export const SWEEP_LABEL = 'recstack/sweep';

/**
 * What every trial is made from, but for its name, its hyperparameters and its owner: a run as a TrainingJob's, and the
 * same Service below which the nodes of each find each other.
 *
 * It has no time to live of its own: what has become of it must be known until the sweep ends, which takes it along.
 */
export function trialTemplate(input: RunInput): Job {
  const { name, settings } = input;
  const sweep = { [SWEEP_LABEL]: name };
  const entry = settings.queue?.labels(settings.priority ?? 'normal');
  const labels = podLabels({ platform: input.platform.node.id, name, component: 'training' });
  // With hyperparameters in any case, so that there is a file for those of the trial.
  const { hyperparameters = {} } = settings;
  const { ttlSecondsAfterFinished: _, ...spec } = jobSpec({ ...input, settings: { ...settings, hyperparameters } });
  const { metadata, spec: pod } = spec.template;
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { namespace: input.platform.namespace, labels: { ...labels, ...sweep, ...entry } },
    spec: {
      ...spec,
      template: {
        metadata: { ...metadata, labels: { ...metadata?.labels, ...sweep } },
        ...(pod === undefined ? {} : { spec: withOwnCheckpoints(pod) }),
      },
    },
  };
}

/** A trial must not go on from the checkpoints of another, nor from those of an earlier sweep. */
function withOwnCheckpoints(pod: PodSpec): PodSpec {
  const label = (name: string, key: string): EnvVar => ({
    name,
    valueFrom: { fieldRef: { fieldPath: `metadata.labels['batch.kubernetes.io/${key}']` } },
  });
  const own = [label('TRIAL_NAME', 'job-name'), label('TRIAL_UID', 'controller-uid')];
  const containers = pod.containers.map((container) => {
    const { env = [] } = container;
    if (!env.some(({ name }) => name === 'CHECKPOINT_FOLDER')) return container;
    const moved = env.map((variable) =>
      variable.name === 'CHECKPOINT_FOLDER'
        ? { ...variable, value: `${variable.value}/$(TRIAL_NAME)-$(TRIAL_UID)` }
        : variable,
    );
    return { ...container, env: [...own, ...moved] };
  });
  return { ...pod, containers };
}
