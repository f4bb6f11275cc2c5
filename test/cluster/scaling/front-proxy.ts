import type { Manifest } from '../../../lib/synth/manifest';

const apiGroup = 'rbac.authorization.k8s.io';
const metadata = { name: 'test-external-metrics' };

/**
 * What an API server has that shows its extensions who asks: certificates, which only a program that is not here can
 * make. Without them whoever asks is nobody, and may.
 */
export const FRONT_PROXY: readonly Manifest[] = [
  {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'extension-apiserver-authentication', namespace: 'kube-system' },
  },
  {
    apiVersion: `${apiGroup}/v1`,
    kind: 'ClusterRole',
    metadata,
    rules: [
      { apiGroups: ['external.metrics.k8s.io'], resources: ['*'], verbs: ['get', 'list'] },
      { nonResourceURLs: ['*'], verbs: ['get'] },
    ],
  } as Manifest,
  {
    apiVersion: `${apiGroup}/v1`,
    kind: 'ClusterRoleBinding',
    metadata,
    roleRef: { apiGroup, kind: 'ClusterRole', name: metadata.name },
    subjects: [{ apiGroup, kind: 'Group', name: 'system:unauthenticated' }],
  } as Manifest,
];
