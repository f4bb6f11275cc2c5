import type { NetworkPolicySpec } from 'kubernetes-types/networking/v1';
import { openings } from '../platform/callers';
import { CREDENTIALS_EGRESS } from '../platform/credentials';
import type { Engine } from './engines/capabilities';
import { OPERATOR_INGRESS } from './engines/rayjob';
import { PROGRESS } from './progress';
import type { TrainingJobSettings } from './training-job-props';

/**
 * Who talks to the pods of a run, and whom they talk to. The nodes talk to each other on ports that NCCL and Gloo choose,
 * and to stores of data by HTTPS with the pods' identity.
 */
export function runNetwork(
  { progress }: TrainingJobSettings,
  engine: Engine,
  matchLabels: Record<string, string>,
): NetworkPolicySpec {
  const nodes = { podSelector: { matchLabels } };
  return {
    podSelector: { matchLabels },
    policyTypes: ['Ingress', 'Egress'],
    ingress: [
      { from: [nodes] },
      ...(engine === 'rayjob' ? [OPERATOR_INGRESS] : []),
      ...openings({ serving: [], scraped: progress ? PROGRESS.port : undefined, isOpenToNamespace: false }),
    ],
    egress: [{ to: [nodes] }, { ports: [{ protocol: 'TCP', port: 443 }] }, CREDENTIALS_EGRESS],
  };
}
