import { RESTRICTED_CONTAINER, restrictedPod, UNPRIVILEGED } from '../../lib/platform/pod-security';

// https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
test('a pod is what Pod Security restricted admits', () => {
  expect(restrictedPod()).toEqual({
    runAsNonRoot: true,
    runAsUser: 10001,
    runAsGroup: 10001,
    fsGroup: 10001,
    fsGroupChangePolicy: 'OnRootMismatch',
    seccompProfile: { type: 'RuntimeDefault' },
  });
});

test('an image may ask for its own user, and its group owns the volumes', () => {
  expect(restrictedPod({ uid: 1000, gid: 2000 })).toMatchObject({
    runAsNonRoot: true,
    runAsUser: 1000,
    runAsGroup: 2000,
    fsGroup: 2000,
  });
});

test('the default user is high enough to be nobody on the node', () => {
  expect(UNPRIVILEGED.uid).toBeGreaterThanOrEqual(10_000);
  expect(UNPRIVILEGED.gid).toBeGreaterThanOrEqual(10_000);
});

test('a container gains no privileges, has no capabilities, and cannot write to its image', () => {
  expect(RESTRICTED_CONTAINER).toEqual({
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    privileged: false,
    readOnlyRootFilesystem: true,
  });
});
