import type { INetworkPolicyPeer } from 'cdk8s-plus-28';
import type { IConstruct } from 'constructs';

/** The port of an address such as `ranker.shop.svc:8000`. */
export function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(':') + 1));
}

/** What other programs call: a model server, a store. */
export interface Callee extends IConstruct {
  /** Its name, and that of its Service. */
  readonly name: string;
  /** Where its ports are inside the cluster, by their names: `{ http: 'ranker.shop.svc:8000' }`. */
  readonly addresses: Readonly<Record<string, string>>;
  /**
   * Closes it to all but the callers that are named so, one call for each.
   *
   * @throws InvalidInput when the caller is named already
   */
  allowOnlyFrom(caller: INetworkPolicyPeer): void;
}
