import * as kplus from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import type { NetworkPolicyEgressRule } from 'kubernetes-types/networking/v1';
import { type Callee, portOf } from '../../core/callee';
import { workloadMetadata } from '../../platform/labels';
import { isPeer } from './callees';
import type { PlannedStage } from './plan';

/** What is called, each with the ports in use. */
export type Callees = ReadonlyMap<Callee, ReadonlySet<number>>;

/** What a funnel's API calls: the sources of stages, the stores of fallbacks, and what the user names. */
export function calleesOf(stages: readonly PlannedStage[], calls: Readonly<Record<string, Callee>>): Callees {
  const result = new Map<Callee, Set<number>>();
  const add = (callee: Callee, address: string) =>
    result.set(callee, (result.get(callee) ?? new Set()).add(portOf(address)));
  for (const { sources, store } of stages) {
    for (const { server, address } of sources) add(server, address);
    if (store !== undefined) add(store.server, store.address);
  }
  for (const callee of Object.values(calls)) {
    for (const [port, address] of Object.entries(callee.addresses)) if (port !== 'metrics') add(callee, address);
  }
  return result;
}

/** What lives outside of the cluster has no pods that a policy could name, and addresses that change: its ports. */
export function egressToOutside(callees: Callees): NetworkPolicyEgressRule[] {
  const ports = [...callees].flatMap(([callee, used]) => (isPeer(callee) ? [] : [...used]));
  return [...new Set(ports)].map((port) => ({ ports: [{ protocol: 'TCP', port }] }));
}

/** The edges from a caller to what it calls: a policy at each end of each, named `<caller>-to-<callee>` on its side. */
export function connect(
  scope: Construct,
  caller: kplus.INetworkPolicyPeer & kplus.IPodSelector,
  name: string,
  callees: Callees,
): void {
  for (const [callee, ports] of callees) {
    callee.allowOnlyFrom(caller);
    if (!isPeer(callee)) continue;
    new kplus.NetworkPolicy(scope, `${name}-to-${callee.node.addr}`, {
      metadata: { ...workloadMetadata(name, 'funnel'), name: `${name}-to-${callee.name}` },
      selector: caller,
      egress: { rules: [{ peer: callee, ports: [...ports].map((port) => kplus.NetworkPolicyPort.tcp(port)) }] },
    });
  }
}
