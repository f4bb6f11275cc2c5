import type { TrainingRuntime, TrainJob } from '../../crds/trainer';
import type { RunInput } from '../pod';
import { gangSpec } from './jobset';

/** What Kubeflow Trainer calls the container in which it sets torchrun's variables. */
export const TRAIN_JOB_CONTAINER = 'node';

/** By this label it finds the Job whose pods are the nodes. */
const ANCESTOR = { 'trainer.kubeflow.org/trainjob-ancestor-step': 'trainer' };

/**
 * How a TrainJob is run: the gang of a JobSet, with all that its pods are. The runtimes that Kubeflow installs are no
 * use: their pods aren't restricted, and what a TrainJob can override of them is not enough to mend that.
 *
 * The controller sets PET_NNODES, PET_NPROC_PER_NODE, PET_NODE_RANK, PET_MASTER_ADDR and PET_MASTER_PORT, whatever else
 * stands there; what is left to say is that no node repairs its processes, since all start again together. There is no
 * time to live: a JobSet that is gone would be made anew, and run again (trainer#3779).
 *
 * @see https://github.com/kubeflow/trainer/blob/v2.1.0/pkg/runtime/framework/plugins/torch/torch.go
 */
export function trainingRuntimeSpec(input: RunInput): TrainingRuntime['spec'] {
  const { numNodes, numProcPerNode } = sizeOf(input);
  const { replicatedJobs, ...gang } = gangSpec(input, {
    env: [{ name: 'PET_MAX_RESTARTS', value: '0' }],
    container: TRAIN_JOB_CONTAINER,
  });
  return {
    mlPolicy: { numNodes, torch: { numProcPerNode } },
    template: {
      spec: {
        ...gang,
        replicatedJobs: replicatedJobs.map(({ template, ...job }) => ({
          ...job,
          template: { metadata: { labels: ANCESTOR }, spec: template.spec },
        })),
      },
    },
  };
}

/** The run. Without its `trainer`, the controller would set no variables at all. */
export function trainJobSpec(input: RunInput): TrainJob['spec'] {
  return {
    runtimeRef: { apiGroup: 'trainer.kubeflow.org', kind: 'TrainingRuntime', name: input.name },
    trainer: sizeOf(input),
  };
}

function sizeOf({ settings: { nodes, gpusPerNode } }: RunInput): TrainJob['spec']['trainer'] {
  return { numNodes: nodes, numProcPerNode: Math.max(1, gpusPerNode) };
}
