import type { ApiObjectMetadataDefinition } from 'cdk8s';
import type { INetworkPolicyPeer } from 'cdk8s-plus-28';
import type { IConstruct } from 'constructs';

/** What can be reached from outside the cluster: a model server, a funnel. */
export interface Exposable extends IConstruct {
  /** Its name, and that of its Service. */
  readonly name: string;
  /** Where its ports are inside the cluster, by their names; only the one called `http` is let out. */
  readonly addresses: Readonly<Record<string, string>>;
  /** The seconds after which it answers in any case, where it has a deadline of its own. */
  readonly deadlineSeconds?: number;
  /** Its Service, which some controllers read their settings from. */
  readonly nodes: { readonly service: { readonly metadata: ApiObjectMetadataDefinition } };
  /** Lets other pods call it. */
  allowFrom(peer: INetworkPolicyPeer): void;
}
