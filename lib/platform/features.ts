/** The oldest and the newest Kubernetes that the library is tested against. */
export const KUBERNETES = { oldest: '1.30', newest: '1.37' } as const;

/**
 * Fields that came after {@link KUBERNETES}.oldest, with the first minor version in which they are on by default.
 *
 * @see https://github.com/kubernetes/kubernetes/blob/v1.37.2/pkg/features/kube_features.go
 */
export const FEATURES = {
  /** Dynamic resource allocation: `resource.k8s.io/v1` (KEP-4381). */
  DRA: '1.34',
  /** `behavior.scaleUp.tolerance` of a HorizontalPodAutoscaler (KEP-4951). */
  'HPA tolerance': '1.35',
  /** `spec.successPolicy` of a Job (KEP-3998). */
  'Job success policy': '1.31',
  /** `volumes[].image` of a pod (KEP-4639). */
  'image volumes': '1.35',
} as const;

/** A feature that only newer Kubernetes has. @useDeclaredType */
export type Feature = keyof typeof FEATURES;

/** Compares two minor versions like `'1.30'` and `'1.9'`: negative, zero or positive. */
export function compareVersions(a: string, b: string): number {
  const [aMajor = 0, aMinor = 0] = a.split('.').map(Number);
  const [bMajor = 0, bMinor = 0] = b.split('.').map(Number);
  return aMajor - bMajor || aMinor - bMinor;
}
