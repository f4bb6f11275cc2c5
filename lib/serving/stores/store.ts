import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import type { ConfigMap, Service, ServiceAccount } from 'kubernetes-types/core/v1';
import type { NetworkPolicy } from 'kubernetes-types/networking/v1';
import type { PodDisruptionBudget } from 'kubernetes-types/policy/v1';
import type { Callee } from '../../core/callee';
import { explain } from '../../core/derivation';
import { type KubernetesObject, kubernetesObject } from '../../core/kubernetes-object';
import { observe } from '../../core/observed';
import { InvalidInput } from '../../core/problem';
import { transform } from '../../core/transform';
import { letIn } from '../../platform/callers';
import { disruptionBudget } from '../../platform/disruption-budget';
import { selectorLabels, workloadMetadata } from '../../platform/labels';
import { Platform } from '../../platform/platform';
import { warn } from '../../platform/warnings';
import { MAX_SERVER_NAME } from '../deployment';
import { problemsOf, problemsOfExternal, risksOf } from './checks';
import { deriveStore, explainStore } from './derived';
import type { AnyEngine, StoreEngine, StoreKind, StoreShape } from './engine';
import { callerPorts, letOut, storePolicy } from './network';
import type { StoreNodes, StoreSettings } from './store-props';
import { peersOf, storeWorkload } from './workload';

/** What a store of either kind is made from. */
export interface StoreInput extends StoreSettings {
  readonly engine: AnyEngine<StoreKind>;
  readonly vectors: StoreShape['vectors'];
}

/**
 * What stands beside the servers and keeps what they read: a StatefulSet with its volumes, or just the way to one that
 * somebody else runs.
 */
export abstract class Store<Input extends StoreInput = StoreInput>
  extends Construct
  implements Callee, kplus.INetworkPolicyPeer, kplus.IPodSelector
{
  /** The store's name, and that of its objects. */
  readonly name: string;
  /** Where its ports are, by their names: `{ redis: 'features.shop.svc:6379' }`. */
  readonly addresses: Readonly<Record<string, string>>;
  /** The objects inside; undefined where somebody else runs the store. */
  readonly nodes: StoreNodes | undefined;
  private isOpenToNamespace = true;
  private readonly platform: Platform;
  private readonly engine: AnyEngine<StoreKind>;
  /** What it was made from, checked. */
  protected readonly input: Input;

  protected constructor(scope: Construct, id: string, read: (path: string) => Input) {
    super(scope, id);
    this.platform = Platform.of(this);
    this.name = this.platform.nameOf(this, MAX_SERVER_NAME);
    const input = read(this.node.path);
    this.input = input;
    const { engine } = input;
    this.engine = engine;
    if (engine.kind === 'external') {
      this.refuse(problemsOfExternal(input));
      this.addresses = engine.addresses;
      this.nodes = undefined;
      return;
    }
    const replicas = input.replicas ?? (engine.stateless ? 2 : 1);
    const shape = { name: this.name, replicas, vectors: input.vectors };
    this.refuse(problemsOf(engine, shape, input));
    const host = `${this.name}.${this.platform.namespace}.svc`;
    this.addresses = Object.fromEntries(
      Object.entries(engine.ports).flatMap(([port, number]) =>
        port === 'metrics' ? [] : [[port, `${host}:${number}`]],
      ),
    );
    this.nodes = this.emit(engine, shape, input);
    this.applyTransforms(this.nodes, input.transform);
    if (this.platform.production) for (const risk of risksOf(engine, shape)) warn(this, risk);
    explain(this, explainStore(engine, shape, input));
    observe(this, {
      name: this.name,
      namespace: this.platform.namespace,
      metrics: engine.metrics,
      usesGpu: false,
      slos: [],
      pods: `${this.name}-${engine.stateless ? '[a-z0-9]+-[a-z0-9]{5}' : '[0-9]+'}`,
      container: 'server',
      store: { ...engine.observed, hasVolume: engine.dataFolder !== undefined },
    });
  }

  /**
   * Lets other pods call the store, beside those of its namespace, which may anyway. For one that somebody else runs, it
   * is the caller that is let out.
   *
   * @throws InvalidInput when they are let in already, or are no pods that could be let out
   */
  allowFrom(caller: kplus.INetworkPolicyPeer): void {
    const metadata = workloadMetadata(this.name, 'store');
    if (this.engine.kind === 'external') letOut(this, metadata, this.engine, caller);
    else letIn(this, metadata, callerPorts(this.engine), caller);
  }

  /**
   * Closes the store to all but the callers that are named so: the other pods of its namespace may call it no more.
   *
   * @throws InvalidInput when the caller is named already
   */
  allowOnlyFrom(caller: kplus.INetworkPolicyPeer): void {
    this.allowFrom(caller);
    this.isOpenToNamespace = false;
  }

  /** Part of cdk8s-plus' `IPodSelector`. */
  toPodSelectorConfig(): kplus.PodSelectorConfig {
    const labels = selectorLabels({ platform: this.platform.node.id, name: this.name });
    return { labelSelector: kplus.LabelSelector.of({ labels }), namespaces: { names: [this.platform.namespace] } };
  }

  /** Part of cdk8s-plus' `INetworkPolicyPeer`. */
  toNetworkPolicyPeerConfig(): kplus.NetworkPolicyPeerConfig {
    return { podSelector: this.toPodSelectorConfig() };
  }

  /** Part of cdk8s-plus' `INetworkPolicyPeer`. */
  toPodSelector(): kplus.IPodSelector {
    return this;
  }

  private emit(engine: StoreEngine, shape: StoreShape, settings: StoreSettings): StoreNodes {
    const { name, platform } = this;
    const metadata = workloadMetadata(name, 'store');
    const selector = selectorLabels({ platform: platform.node.id, name });
    const hasFiles = Object.keys(engine.files).length > 0;
    const images = {
      server: platform.pin(engine.image),
      exporter: engine.exporter && platform.pin(engine.exporter.image),
    };
    const ports = Object.entries(engine.ports).filter(([port]) => port !== 'metrics');
    return {
      serviceAccount: kubernetesObject<ServiceAccount>(this, 'service-account', {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata,
        automountServiceAccountToken: false,
      }),
      configMap: hasFiles
        ? kubernetesObject<ConfigMap>(this, 'config-map', {
            apiVersion: 'v1',
            kind: 'ConfigMap',
            metadata,
            data: { ...engine.files },
          })
        : undefined,
      networkPolicy: kubernetesObject<NetworkPolicy>(
        this,
        'network-policy',
        storePolicy({
          platform: platform.node.id,
          engine,
          shape,
          isOpenToNamespace: () => this.isOpenToNamespace,
        }),
      ),
      service: kubernetesObject<Service>(this, 'service', {
        apiVersion: 'v1',
        kind: 'Service',
        metadata,
        spec: {
          type: 'ClusterIP',
          selector,
          ports: ports.map(([port, number]) => ({ name: port, port: number, targetPort: port, protocol: 'TCP' })),
        },
      }),
      peers:
        engine.cluster === undefined || shape.replicas === 1 ? undefined : this.peers(engine.cluster.port, selector),
      disruptionBudget: kubernetesObject<PodDisruptionBudget>(
        this,
        'disruption-budget',
        disruptionBudget(metadata, selector),
      ),
      workload: kubernetesObject<KubernetesObject>(
        this,
        'workload',
        storeWorkload({ platform, engine, shape, settings, derived: deriveStore(engine, shape, settings), images }),
      ),
    };
  }

  private peers(port: number, selector: Record<string, string>) {
    return kubernetesObject<Service>(this, 'peers', {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { ...workloadMetadata(this.name, 'store'), name: peersOf(this.name) },
      spec: {
        type: 'ClusterIP',
        clusterIP: 'None',
        // They become ready only when they have found each other.
        publishNotReadyAddresses: true,
        selector,
        ports: [{ name: 'peers', port, targetPort: 'peers', protocol: 'TCP' }],
      },
    });
  }

  private applyTransforms(nodes: StoreNodes, changes: StoreSettings['transform']): void {
    if (changes.workload) transform(nodes.workload, changes.workload);
    if (changes.service) transform(nodes.service, changes.service);
    if (changes.serviceAccount) transform(nodes.serviceAccount, changes.serviceAccount);
    if (changes.disruptionBudget) transform(nodes.disruptionBudget, changes.disruptionBudget);
    if (changes.networkPolicy) transform(nodes.networkPolicy, changes.networkPolicy);
    if (changes.configMap && nodes.configMap) transform(nodes.configMap, changes.configMap);
  }

  private refuse(texts: readonly string[]): void {
    if (texts.length > 0) throw new InvalidInput(texts.map((text) => ({ where: this.node.path, text })));
  }
}
