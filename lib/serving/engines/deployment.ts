import type { Deployment } from 'kubernetes-types/apps/v1';
import { kubernetesObject } from '../../core/kubernetes-object';
import { deployment, MAX_SERVER_NAME } from '../deployment';
import type { Engine } from './engine';

/** Kubernetes itself: a Deployment, which works on every cluster. */
export const DEPLOYMENT: Engine = {
  maxName: MAX_SERVER_NAME,
  transform: 'deployment',
  bringsService: false,
  container: 'server',
  pods: (name) => `${name}-[a-z0-9]+-[a-z0-9]{5}`,
  scalingTarget: (name) => ({ kind: 'Deployment', apiVersion: 'apps/v1', name, containers: [] }),
  problems: () => [],
  warnings: () => [],
  runtime: (runtime) => runtime,
  minAvailable: () => undefined,
  emit: (scope, input) => kubernetesObject<Deployment>(scope, 'deployment', deployment(input)),
};
