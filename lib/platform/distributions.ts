import type { Addon } from './addons';

/** Where a cluster comes from. It decides what is there without being installed, and how GPU nodes are labelled. */
export const DISTRIBUTIONS = ['minikube', 'k3s', 'kubeadm', 'eks', 'gke', 'aks', 'ack', 'other'] as const;
/** The name of one. @useDeclaredType */
export type Distribution = (typeof DISTRIBUTIONS)[number];

/** The add-ons that a distribution brings by itself: k3s, GKE, AKS and ACK run metrics-server from the start. */
export const BUILT_IN: Partial<Record<Distribution, readonly Addon[]>> = {
  k3s: ['metrics-server'],
  gke: ['metrics-server'],
  aks: ['metrics-server'],
  ack: ['metrics-server'],
};
