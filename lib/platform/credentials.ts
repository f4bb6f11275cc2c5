import type { NetworkPolicyEgressRule } from 'kubernetes-types/networking/v1';

/** Addresses at which clouds give a pod its credentials, on every node: EC2 and GCE, GKE, EKS Pod Identity. */
const ADDRESSES = ['169.254.169.254/32', '169.254.169.252/32', '169.254.170.23/32'];

/** The way to the pod's identity, which whatever asks a cloud's object store needs beside the store itself. */
export const CREDENTIALS_EGRESS: NetworkPolicyEgressRule = {
  to: ADDRESSES.map((cidr) => ({ ipBlock: { cidr } })),
  ports: [80, 988].map((port) => ({ protocol: 'TCP', port })),
};
