import type { Deployment, StatefulSet } from 'kubernetes-types/apps/v1';
import { bytes, formatBytes } from '../../core/quantities';
import { dataClaim } from '../../platform/data-claim';
import { selectorLabels, workloadMetadata } from '../../platform/labels';
import { progressDeadline } from '../budgets';
import { type StorePodInput, storePod } from './pod';

/** The Service of a cluster's replicas, by which each has a name of its own. */
export function peersOf(name: string): string {
  return `${name}-peers`;
}

/** The workload of a store: numbered pods with a volume each, or plain ones where they hold nothing. */
export function storeWorkload(input: StorePodInput) {
  return input.engine.stateless ? deployment(input) : statefulSet(input);
}

function statefulSet(input: StorePodInput) {
  const { platform, engine, shape, settings } = input;
  const { name, replicas } = shape;
  const isCluster = replicas > 1;
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: workloadMetadata(name, 'store'),
    spec: {
      serviceName: isCluster ? peersOf(name) : name,
      replicas,
      // The first member of a cluster is not ready before it sees the others.
      ...(isCluster ? { podManagementPolicy: 'Parallel' } : {}),
      selector: { matchLabels: selectorLabels({ platform: platform.node.id, name }) },
      template: storePod(input),
      ...(engine.dataFolder === undefined || settings.storage === undefined
        ? {}
        : {
            volumeClaimTemplates: [
              dataClaim({ size: formatBytes(bytes(settings.storage)), storageClass: settings.storageClass }),
            ],
          }),
    },
  } as const satisfies StatefulSet;
}

function deployment(input: StorePodInput) {
  const { platform, shape, derived } = input;
  const { name, replicas } = shape;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: workloadMetadata(name, 'store'),
    spec: {
      replicas,
      selector: { matchLabels: selectorLabels({ platform: platform.node.id, name }) },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      progressDeadlineSeconds: progressDeadline({ pull: 0, startup: derived.startupSeconds }),
      template: storePod(input),
    },
  } as const satisfies Deployment;
}
