import type { ApiObject } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import type { CronJob, Job } from 'kubernetes-types/batch/v1';
import type { Service } from 'kubernetes-types/core/v1';
import type { NetworkPolicy } from 'kubernetes-types/networking/v1';
import { kubernetesObject } from '../core/kubernetes-object';
import { MAX_CRON_JOB_NAME, MAX_LABEL } from '../core/names';
import { parse } from '../core/schema';
import { transform } from '../core/transform';
import { CREDENTIALS_EGRESS } from '../platform/credentials';
import { selectorLabels, workloadMetadata } from '../platform/labels';
import { Platform } from '../platform/platform';
import { warn } from '../platform/warnings';
import { jobSpec } from './job';
import { RENDEZVOUS_PORT } from './torchrun';
import { type TrainingJobProps, type TrainingJobSettings, trainingJobSchema } from './training-job-props';

/** The constructs that a training job is made of: the way to every object that it emits. */
export interface TrainingJobNodes {
  /** The Job, or the CronJob of one on a schedule. */
  readonly job: ApiObject;
  /** Gives several nodes their host names; undefined with a single node. */
  readonly service: ApiObject | undefined;
  readonly serviceAccount: kplus.ServiceAccount;
  readonly networkPolicy: ApiObject;
}

/**
 * Trains a model with torchrun on one node or several, once or on a schedule. Evictions and lost nodes are made good,
 * exit codes that are declared fatal end the run at once, a run has a deadline and cleans up after itself.
 *
 * The program saves to `CHECKPOINT_FOLDER` every `CHECKPOINT_EVERY_SECONDS` and continues from what it finds there.
 *
 * @example
 * ```ts
 * new TrainingJob(shop, 'dlrm-nightly', {
 *   image: 'registry.example.com/shop/dlrm-trainer:1.4.2',
 *   command: ['torchrun', 'train.py'],
 *   nodes: 4,
 *   gpusPerNode: 8,
 *   resources: { cpu: '32', memory: '256Gi' },
 *   schedule: '0 2 * * *',
 *   timeZone: 'Asia/Shanghai',
 *   checkpoints: { claim: 'checkpoints', every: '10m' },
 * });
 * ```
 */
export class TrainingJob extends Construct {
  /** The constructs inside, for `transform` and for references from elsewhere. */
  readonly nodes: TrainingJobNodes;
  /** The name of its objects. */
  readonly name: string;
  private readonly platform: Platform;
  private readonly settings: TrainingJobSettings;

  /** @throws InvalidInput with everything that is wrong with the props */
  constructor(scope: Construct, id: string, props: TrainingJobProps) {
    super(scope, id);
    this.platform = Platform.of(this);
    this.settings = parse(trainingJobSchema, props, this.node.path);
    this.name = this.platform.nameOf(this, longestName(this.settings));
    this.nodes = this.emit();
    this.applyTransforms();
    this.check();
  }

  private emit(): TrainingJobNodes {
    const { name, platform, settings } = this;
    const metadata = workloadMetadata(name, 'training');
    const selector = selectorLabels({ platform: platform.node.id, name });
    return {
      serviceAccount: new kplus.ServiceAccount(this, 'service-account', { metadata }),
      networkPolicy: kubernetesObject<NetworkPolicy>(this, 'network-policy', {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        metadata,
        spec: {
          podSelector: { matchLabels: selector },
          policyTypes: ['Ingress', 'Egress'],
          // The nodes of a run talk to each other on ports that NCCL and Gloo choose, and to stores of data by HTTPS
          // with the pods' identity.
          ingress: [{ from: [{ podSelector: { matchLabels: selector } }] }],
          egress: [
            { to: [{ podSelector: { matchLabels: selector } }] },
            { ports: [{ protocol: 'TCP', port: 443 }] },
            CREDENTIALS_EGRESS,
          ],
        },
      }),
      service: settings.nodes > 1 ? this.service(selector) : undefined,
      job: this.job(),
    };
  }

  private service(selector: Record<string, string>): ApiObject {
    return kubernetesObject<Service>(this, 'service', {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: workloadMetadata(this.name, 'training'),
      spec: {
        clusterIP: 'None',
        // The nodes look for each other before any of them is ready.
        publishNotReadyAddresses: true,
        selector,
        ports: [{ name: 'rendezvous', port: RENDEZVOUS_PORT, targetPort: RENDEZVOUS_PORT, protocol: 'TCP' }],
      },
    });
  }

  private job(): ApiObject {
    const { name, platform, settings } = this;
    const metadata = workloadMetadata(name, 'training');
    const spec = jobSpec({
      platform,
      name,
      settings,
      image: platform.pin(settings.image),
      serviceAccount: name,
    });
    if (settings.schedule === undefined) {
      return kubernetesObject<Job>(this, 'job', { apiVersion: 'batch/v1', kind: 'Job', metadata, spec });
    }
    return kubernetesObject<CronJob>(this, 'cron-job', {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata,
      spec: {
        schedule: settings.schedule,
        timeZone: settings.timeZone,
        concurrencyPolicy: 'Forbid',
        // A run that could not start within the hour is left out, rather than run into the day's traffic.
        startingDeadlineSeconds: 3600,
        successfulJobsHistoryLimit: 3,
        failedJobsHistoryLimit: 3,
        jobTemplate: { spec },
      },
    });
  }

  private applyTransforms(): void {
    const { job, cronJob, service, serviceAccount, networkPolicy } = this.settings.transform;
    if (job && this.settings.schedule === undefined) transform(this.nodes.job, job);
    if (cronJob && this.settings.schedule !== undefined) transform(this.nodes.job, cronJob);
    if (service && this.nodes.service) transform(this.nodes.service, service);
    if (serviceAccount) transform(this.nodes.serviceAccount, serviceAccount);
    if (networkPolicy) transform(this.nodes.networkPolicy, networkPolicy);
  }

  private check(): void {
    const { gpuType, gpusPerNode, checkpoints, nodes, schedule, transform: changes } = this.settings;
    if (changes.job && schedule !== undefined) {
      const text = `transform.job must come without a schedule, got '${schedule}', which makes a CronJob: use transform.cronJob`;
      this.node.addValidation({ validate: () => [text] });
    }
    if (changes.cronJob && schedule === undefined) {
      const text = 'transform.cronJob must come with a schedule, got none, which makes a Job: use transform.job';
      this.node.addValidation({ validate: () => [text] });
    }
    const problem = gpuType === undefined ? undefined : this.platform.cluster.problemWithGpu(gpuType);
    if (problem !== undefined) this.node.addValidation({ validate: () => [`gpuType ${problem}`] });
    if (gpuType === undefined && gpusPerNode > 0 && this.platform.cluster.hasNoGpus) {
      this.node.addValidation({
        validate: () => [
          `gpusPerNode must be 0 in a cluster without GPUs, got ${gpusPerNode}: add their type to cluster.gpus`,
        ],
      });
    }
    const shares = this.platform.cluster.gpuOfWhichSharesLookWhole;
    if (gpuType === undefined && gpusPerNode > 0 && shares !== undefined) {
      const text = `gpuType must be said in a cluster where shares are called nvidia.com/gpu, as those of ${shares} are: a run without it could get them for whole cards`;
      this.node.addValidation({ validate: () => [text] });
    }
    if (gpuType !== undefined && gpusPerNode === 0) {
      this.node.addValidation({
        validate: () => [
          `gpuType must come with gpusPerNode, got '${gpuType}' and 0: set gpusPerNode or leave both out`,
        ],
      });
    }
    if (this.platform.production && checkpoints === undefined && nodes > 1) {
      warn(this, `checkpoints are missing: whatever interrupts the run starts it from the beginning`);
    }
  }
}

/** A run's pods are called `<job>-<index>`, which must be a label; the Jobs of a CronJob add 11 characters before. */
function longestName({ nodes, schedule }: TrainingJobSettings): number {
  const index = `-${nodes - 1}`.length;
  return schedule === undefined ? MAX_LABEL - index : Math.min(MAX_CRON_JOB_NAME, MAX_LABEL - 11 - index);
}
