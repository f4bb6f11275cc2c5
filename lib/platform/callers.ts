import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import type { NetworkPolicyIngressRule } from 'kubernetes-types/networking/v1';
import { InvalidInput, show } from '../core/problem';
import { LABELS, type workloadMetadata } from './labels';

/**
 * The id and metadata of the policy about a caller of a workload, `<workload>-from-<caller>`.
 *
 * @throws InvalidInput when it is no caller, or has such a policy already
 */
export function callerPolicy(
  target: Construct,
  metadata: ReturnType<typeof workloadMetadata>,
  caller: kplus.INetworkPolicyPeer,
) {
  // From JavaScript, anything may come.
  if (!Construct.isConstruct(caller) || !('toNetworkPolicyPeerConfig' in caller)) {
    const text = `allowFrom must be given pods, such as a ModelServer or Pods.select(…) of cdk8s-plus, got ${show(caller)}`;
    throw new InvalidInput([{ where: target.node.path, text }]);
  }
  const id = `from-${caller.node.addr}`;
  if (target.node.tryFindChild(id) !== undefined) {
    const text = `allowFrom must be called once for each peer, got '${caller.node.path}' again: remove one of the calls`;
    throw new InvalidInput([{ where: target.node.path, text }]);
  }
  return { id, metadata: { ...metadata, name: `${metadata.name}-from-${nameOf(caller)}` } };
}

/**
 * Lets a caller in on some ports, beside those who may call anyway.
 *
 * @throws InvalidInput when it is no caller, or is let in already
 */
export function letIn(
  target: Construct & kplus.IPodSelector,
  metadata: ReturnType<typeof workloadMetadata>,
  ports: readonly number[],
  caller: kplus.INetworkPolicyPeer,
): void {
  const policy = callerPolicy(target, metadata, caller);
  new kplus.NetworkPolicy(target, policy.id, {
    metadata: policy.metadata,
    selector: target,
    ingress: { rules: [{ peer: caller, ports: ports.map((port) => kplus.NetworkPolicyPort.tcp(port)) }] },
  });
}

/** Two workloads may have the same last id; their names differ. */
function nameOf(caller: kplus.INetworkPolicyPeer): string {
  const { name, addresses }: { name?: unknown; addresses?: unknown } = Object(caller);
  return typeof name === 'string' && addresses !== undefined ? name : caller.node.id;
}

/**
 * Who may come in beside named callers: pods of the namespace on the ports that serve, where they may, and monitoring on
 * its own.
 */
export function openings(props: {
  readonly serving: readonly number[];
  /** The port that is scraped. */
  readonly scraped: number | undefined;
  readonly isOpenToNamespace: boolean;
}): NetworkPolicyIngressRule[] {
  const { serving, scraped, isOpenToNamespace } = props;
  const tcp = (ports: readonly number[]) => ports.map((port) => ({ protocol: 'TCP', port }));
  const monitoring = { podSelector: { matchLabels: { [LABELS.component]: 'monitoring' } } };
  return [
    // A rule without ports would be about all of them.
    ...(serving.length > 0 && isOpenToNamespace ? [{ from: [{ podSelector: {} }], ports: tcp(serving) }] : []),
    ...(scraped === undefined ? [] : [{ from: [monitoring], ports: tcp([scraped]) }]),
  ];
}
