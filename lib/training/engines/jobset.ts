import { seconds } from '../../core/durations';
import type { JobSetSpec } from '../../crds/jobset';
import { type Meeting, podTemplate, type RunInput } from '../pod';
import { DEFAULT_KEEP_FINISHED } from '../survival';
import { gangEnv } from '../torchrun';
import { failureRules, indexed } from './job';

/** The one Job of a run's JobSet: its pods are called `<run>-node-0-<rank>`. */
const JOB = 'node';

/** What a pod's name adds to that of its run: `-node-0-`, its rank, and five random characters. */
export const POD_SUFFIX = `-${JOB}-0-`.length + '-abcde'.length;

/**
 * One run as a JobSet: whenever a node fails, all start again together, from the last checkpoint. A disruption costs
 * no retry, a fatal exit code or an attempt beyond the deadline ends the run.
 *
 * The Job inside fails at the first pod that does and is never repaired, so that no node waits for a peer that is gone.
 * It has no time to live of its own: one that is deleted would be made anew, with all of its restarts before it.
 *
 * @see https://github.com/kubernetes-sigs/jobset/blob/v0.10.1/pkg/controllers/failure_policy.go
 * @see https://github.com/kubernetes/kubernetes/blob/v1.37.2/pkg/controller/job/pod_failure_policy.go
 */
export function jobSetSpec(input: RunInput): JobSetSpec {
  const { name, settings } = input;
  const { nodes, gpusPerNode, keepFinished = DEFAULT_KEEP_FINISHED } = settings;
  const env = gangEnv({ nodes, gpusPerNode, master: `${name}-${JOB}-0-0.${name}` });
  return { ...gangSpec(input, { env }), ttlSecondsAfterFinished: Math.ceil(seconds(keepFinished)) };
}

/** A gang that starts again as a whole, whoever makes the JobSet. */
export function gangSpec(input: RunInput, meeting: Meeting): JobSetSpec {
  const { settings } = input;
  return {
    replicatedJobs: [
      {
        name: JOB,
        replicas: 1,
        template: {
          spec: {
            ...indexed(settings),
            backoffLimit: 0,
            podFailurePolicy: { rules: failureRules('FailJob', settings.fatalExitCodes, meeting.container) },
            template: podTemplate(input, meeting),
          },
        },
      },
    ],
    // The pods' host names and the headless Service behind them come from the controller.
    network: { enableDNSHostnames: true, publishNotReadyAddresses: true },
    successPolicy: { operator: 'All' },
    failurePolicy: {
      maxRestarts: settings.retries,
      // Otherwise a pod of the next attempt could run, and write checkpoints, beside one of the last.
      restartStrategy: 'BlockingRecreate',
      rules: [
        {
          name: 'disrupted',
          action: 'RestartJobSetAndIgnoreMaxRestarts',
          onJobFailureReasons: ['PodFailurePolicy'],
          // The Job's message tells by which of its rules it failed.
          onJobFailureMessagePatterns: ['matching FailJob rule at index 0$'],
        },
        { name: 'fatal', action: 'FailJobSet', onJobFailureReasons: ['PodFailurePolicy', 'DeadlineExceeded'] },
      ],
    },
  };
}
