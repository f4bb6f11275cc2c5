import { Lazy } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import type { NetworkPolicy, NetworkPolicyIngressRule } from 'kubernetes-types/networking/v1';
import { portOf } from '../../core/callee';
import { InvalidInput } from '../../core/problem';
import { callerPolicy, openings } from '../../platform/callers';
import { selectorLabels, workloadMetadata } from '../../platform/labels';
import type { ExternalEngine, StoreEngine, StoreShape } from './engine';

/**
 * Who may talk to a store: pods of its namespace on its ports, unless it is closed to all but named callers; monitoring on
 * its metrics; and the replicas of a cluster to each other. It talks to nobody else but whom its engine names.
 */
export function storePolicy(props: {
  readonly platform: string;
  readonly engine: StoreEngine;
  readonly shape: StoreShape;
  /** Asked at synth, when all callers have been named. */
  readonly isOpenToNamespace: () => boolean;
}) {
  const { platform, engine, shape, isOpenToNamespace } = props;
  const { name, replicas } = shape;
  const own = selectorLabels({ platform, name });
  const scraped =
    engine.exporter?.port ?? (engine.metrics === undefined ? undefined : engine.ports[engine.metrics.port]);
  const peers =
    replicas === 1 || engine.cluster === undefined
      ? []
      : [{ peer: [{ podSelector: { matchLabels: own } }], ports: tcp([engine.cluster.port]) }];
  const egress = [...peers.map(({ peer, ports }) => ({ to: peer, ports })), ...engine.egress];
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: workloadMetadata(name, 'store'),
    spec: {
      podSelector: { matchLabels: own },
      policyTypes: ['Ingress', 'Egress'],
      ingress: Lazy.any({ produce: ingress }),
      ...(egress.length > 0 ? { egress } : {}),
    },
  } as const satisfies NetworkPolicy;

  function ingress(): NetworkPolicyIngressRule[] | undefined {
    const rules = [
      ...openings({ serving: callerPorts(engine), scraped, isOpenToNamespace: isOpenToNamespace() }),
      ...peers.map(({ peer, ports }) => ({ from: peer, ports })),
    ];
    // An empty list is one that the API server drops, so that each apply would change the object.
    return rules.length > 0 ? rules : undefined;
  }
}

/** Lets a caller out to a store that somebody else runs. */
export function letOut(
  store: Construct,
  metadata: ReturnType<typeof workloadMetadata>,
  { addresses, cidrs }: ExternalEngine,
  caller: kplus.INetworkPolicyPeer,
): void {
  const policy = callerPolicy(store, metadata, caller);
  const selector = caller.toPodSelector();
  // A policy without a selector is about all pods of the namespace.
  if (selector === undefined) {
    const text = `allowFrom must be given pods of the platform for an external store, which they are let out to, got '${caller.node.path}': name the pods that call`;
    throw new InvalidInput([{ where: store.node.path, text }]);
  }
  const ports = [...new Set(Object.values(addresses).map(portOf))];
  new kplus.NetworkPolicy(store, policy.id, {
    metadata: policy.metadata,
    selector,
    egress: {
      rules: cidrs.map((cidr, i) => ({
        peer: kplus.NetworkPolicyIpBlock.ipv4(store, `${policy.id}-block-${i}`, cidr),
        ports: ports.map((port) => kplus.NetworkPolicyPort.tcp(port)),
      })),
    },
  });
}

/** The ports that callers use: all but the one for metrics. */
export function callerPorts({ ports }: StoreEngine): number[] {
  return Object.entries(ports).flatMap(([name, port]) => (name === 'metrics' ? [] : [port]));
}

function tcp(ports: readonly number[]) {
  return ports.map((port) => ({ protocol: 'TCP', port }));
}
