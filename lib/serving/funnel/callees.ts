import type { INetworkPolicyPeer } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import type { Callee } from '../../core/callee';
import { instance } from '../../core/schema';

/** Checks a {@link Callee}. */
export const calleeSchema = instance<Callee>(
  (value) => Construct.isConstruct(value) && 'addresses' in value && 'allowOnlyFrom' in value,
  'be what can be called, such as a ModelServer',
);

/** The ports that serve: all but the one for metrics. */
export function servingPorts({ addresses }: Callee): string[] {
  return Object.keys(addresses).filter((port) => port !== 'metrics');
}

/** The port that is called when none is named: `http`, or the only one. Undefined where it must be named. */
export function defaultPort(callee: Callee): string | undefined {
  const ports = servingPorts(callee);
  return ports.includes('http') ? 'http' : ports.length === 1 ? ports[0] : undefined;
}

/** Whether its pods can be named in a network policy; what lives outside of the cluster has none. */
export function isPeer(callee: Callee): callee is Callee & INetworkPolicyPeer {
  return 'toNetworkPolicyPeerConfig' in callee;
}

/** The model that a callee serves, where it tells. */
export function modelOf(callee: Callee): { name: string; version: string } | undefined {
  const model: unknown = Reflect.get(callee, 'model');
  const { name, version }: { name?: unknown; version?: unknown } = Object(model);
  return typeof name === 'string' && typeof version === 'string' ? { name, version } : undefined;
}
