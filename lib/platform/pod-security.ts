import type { PodSecurityContext, SecurityContext } from 'kubernetes-types/core/v1';

/** The user that workloads run as unless their image asks for another: high, so that it is nobody on the node. */
export const UNPRIVILEGED = { uid: 10001, gid: 10001 } as const;

/**
 * A pod that Pod Security `restricted` admits. `gid` owns the volumes, so that the unprivileged user can write
 * to them; big volumes are not walked again at every start.
 *
 * @see https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
 */
export function restrictedPod({ uid, gid }: { uid: number; gid: number } = UNPRIVILEGED): PodSecurityContext {
  return {
    runAsNonRoot: true,
    runAsUser: uid,
    runAsGroup: gid,
    fsGroup: gid,
    fsGroupChangePolicy: 'OnRootMismatch',
    seccompProfile: { type: 'RuntimeDefault' },
  };
}

/** A container that Pod Security `restricted` admits, with a root file system that nobody writes to. */
export const RESTRICTED_CONTAINER: SecurityContext = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  privileged: false,
  readOnlyRootFilesystem: true,
};
