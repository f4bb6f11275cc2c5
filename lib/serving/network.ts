import { Lazy } from 'cdk8s';
import type { NetworkPolicy, NetworkPolicyEgressRule, NetworkPolicyIngressRule } from 'kubernetes-types/networking/v1';
import { openings } from '../platform/callers';
import { CREDENTIALS_EGRESS } from '../platform/credentials';
import { selectorLabels, type workloadMetadata } from '../platform/labels';
import { isPulled, locationOf, type ModelArtifact } from './model-artifact';
import type { Runtime } from './runtime';

/**
 * Who may talk to a server: pods of the same namespace on its serving ports, unless it is closed to all but named
 * callers; and monitoring on its metrics. It may talk to nobody, but for the store that its model comes from.
 */
export function networkPolicy(props: {
  readonly platform: string;
  readonly metadata: ReturnType<typeof workloadMetadata>;
  readonly runtime: Pick<Runtime, 'ports'>;
  /** Name of the port that is scraped. */
  readonly metricsPort: string | undefined;
  readonly model: ModelArtifact;
  /** Asked at synth, when all callers have been named. */
  readonly isOpenToNamespace: () => boolean;
}) {
  const { platform, metadata, runtime, metricsPort, model, isOpenToNamespace } = props;
  const { name } = metadata;
  const serving = Object.entries(runtime.ports).flatMap(([port, number]) => (port === 'metrics' ? [] : [number]));
  const egress = storeEgress(model);
  const scraped = metricsPort === undefined ? undefined : runtime.ports[metricsPort];
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata,
    spec: {
      podSelector: { matchLabels: selectorLabels({ platform, name }) },
      policyTypes: ['Ingress', 'Egress'],
      ingress: Lazy.any({ produce: ingress }),
      ...(egress.length > 0 ? { egress } : {}),
    },
  } as const satisfies NetworkPolicy;

  function ingress(): NetworkPolicyIngressRule[] | undefined {
    const rules = openings({ serving, scraped, isOpenToNamespace: isOpenToNamespace() });
    // An empty list is one that the API server drops, so that each apply would change the object.
    return rules.length > 0 ? rules : undefined;
  }
}

/** The way to an object store. Its addresses change, so that only the ports can be named. */
function storeEgress(model: ModelArtifact): NetworkPolicyEgressRule[] {
  // What is mounted is fetched by the kubelet.
  if (!isPulled(model)) return [];
  const { endpoint } = model.store;
  const port = endpoint === undefined ? 443 : portOf(endpoint);
  const store = port === undefined ? {} : { ports: [{ protocol: 'TCP', port }] };
  // OSS and the hub are asked with keys from Secrets.
  const asksForIdentity = ['s3', 'gs'].includes(locationOf(model).scheme);
  return asksForIdentity ? [store, CREDENTIALS_EGRESS] : [store];
}

/** The port of a URL, or undefined for one that is only known at apply: then any port must do. */
function portOf(url: string): number | undefined {
  if (!URL.canParse(url)) return undefined;
  const { port, protocol } = new URL(url);
  if (port !== '') return Number(port);
  return protocol === 'http:' ? 80 : 443;
}
