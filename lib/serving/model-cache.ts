import { type ApiObject, Lazy } from 'cdk8s';
import { Construct } from 'constructs';
import type { DaemonSet } from 'kubernetes-types/apps/v1';
import type { ConfigMap, PersistentVolume, PersistentVolumeClaim, ServiceAccount } from 'kubernetes-types/core/v1';
import { holdsPlaceholder } from '../core/deferred';
import { hash } from '../core/hash';
import { HELPER_IMAGES } from '../core/helper-images';
import { clusterWide, kubernetesObject } from '../core/kubernetes-object';
import { bytes, formatBytes } from '../core/quantities';
import { parse } from '../core/schema';
import { transform } from '../core/transform';
import { workloadMetadata } from '../platform/labels';
import { nodeAgentsNamespace } from '../platform/node-agents';
import { Platform } from '../platform/platform';
import { isPulled, type ModelArtifact } from './model-artifact';
import { KEEP_SCRIPT, keeper } from './model-cache-keeper';
import { type ModelCacheProps, type ModelCacheSettings, modelCacheSchema } from './model-cache-props';
import { MODEL_OVERHEAD } from './model-volume';

/**
 * What the claim asks for, whatever the cache's size, which the keeper enforces and no `hostPath` does: the API server
 * refuses to change the size of a claim that no storage class has provisioned.
 *
 * @see https://kubernetes.io/docs/concepts/storage/persistent-volumes/#expanding-persistent-volumes-claims
 */
const NOMINAL = '1Gi';

/** The constructs that a cache is made of: the way to every object that it emits. */
export interface ModelCacheNodes {
  readonly volume: ApiObject;
  readonly claim: ApiObject;
  readonly keeper: ApiObject;
  /** The keeper's script, and the list of the models that are wanted. */
  readonly configMap: ApiObject;
  readonly serviceAccount: ApiObject;
}

/**
 * A cache of models on each node: a second replica there, and a start after a rollout, a crash or a reboot of the node,
 * come without a download. A model of 70 billion parameters takes 15 to 20 minutes cold and 1 minute from the cache
 * (kserve#3869).
 *
 * Pods see it as a claim, which Pod Security `restricted` allows: behind it is a volume of the type `hostPath`, so that
 * each pod gets the folder of its own node. A DaemonSet in a namespace for agents of the nodes
 * (`<namespace>-node-agents`) makes the folder and deletes what is no longer used.
 *
 * @example
 * ```ts
 * const cache = new ModelCache(shop, 'cache', { size: '200Gi' });
 * new ModelServer(shop, 'reranker', { model, runtime: vllm({ version: '0.11.0' }), cache });
 * ```
 */
export class ModelCache extends Construct {
  /** The constructs inside, for `transform` and for references from elsewhere. */
  readonly nodes: ModelCacheNodes;
  /** Its name, and that of its claim. */
  readonly name: string;
  /** Its namespace: servers of another one can't use it. */
  readonly namespace: string;
  private readonly platform: Platform;
  private readonly settings: ModelCacheSettings;
  private readonly wanted = new Map<string, ModelArtifact>();

  /** @throws InvalidInput with everything that is wrong with the props */
  constructor(scope: Construct, id: string, props: ModelCacheProps) {
    super(scope, id);
    this.platform = Platform.of(this);
    this.name = this.platform.nameOf(this);
    this.namespace = this.platform.namespace;
    this.settings = parse(modelCacheSchema, props, this.node.path);
    this.nodes = this.emit();
    const { volume, claim, keeper: ofKeeper } = this.settings.transform;
    if (volume) transform(this.nodes.volume, volume);
    if (claim) transform(this.nodes.claim, claim);
    if (ofKeeper) transform(this.nodes.keeper, ofKeeper);
    this.node.addValidation({ validate: () => this.tooSmall() });
  }

  /**
   * The name of a model's folder in the cache, which is kept as long as a server asks for it. Part of ModelServer.
   * Another address or checksum is another model, whatever its name and version.
   */
  folderOf(model: ModelArtifact): string {
    const { name, version, uri, sha256, store } = model;
    const folder = `${name}-${version}-${hash(JSON.stringify([uri, store.endpoint, sha256]))}`;
    this.wanted.set(folder, model);
    return folder;
  }

  /** What is wrong with keeping a model here, as the rest of a sentence, or undefined. Part of ModelServer. */
  problemWith(model: ModelArtifact, namespace: string): string | undefined {
    if (namespace !== this.namespace) {
      return `must be of the server's namespace '${namespace}', got '${this.node.path}' of '${this.namespace}'`;
    }
    if (!isPulled(model)) {
      return `must be left out with ${model.uri.replace(/:.*/, '')}://: a volume is not copied, and the kubelet caches images`;
    }
    if (holdsPlaceholder(`${model.uri} ${model.store.endpoint}`)) {
      return 'must come with a model whose address is known at synth: the name of its folder is computed from it';
    }
    return undefined;
  }

  private emit(): ModelCacheNodes {
    const { name, namespace, platform, settings } = this;
    const metadata = workloadMetadata(name, 'model-cache');
    const agents = { ...metadata, namespace: nodeAgentsNamespace(platform) };
    const folder = `${settings.folder}/${namespace}/${name}`;
    return {
      volume: this.volume(folder),
      claim: kubernetesObject<PersistentVolumeClaim>(this, 'claim', {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata,
        spec: {
          accessModes: ['ReadWriteMany'],
          // Said to be empty, or the cluster's default class would provide a volume.
          storageClassName: '',
          volumeName: `${namespace}-${name}`,
          resources: { requests: { storage: NOMINAL } },
        },
      }),
      serviceAccount: kubernetesObject<ServiceAccount>(this, 'service-account', {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: agents,
        automountServiceAccountToken: false,
      }),
      configMap: kubernetesObject<ConfigMap>(this, 'config-map', {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: agents,
        data: {
          'keep-models.sh': KEEP_SCRIPT,
          'wanted-models': Lazy.any({ produce: () => [...this.wanted.keys(), ''].join('\n') }),
        },
      }),
      keeper: kubernetesObject<DaemonSet>(
        this,
        'keeper',
        keeper({
          platform: platform.node.id,
          distribution: platform.cluster.distribution,
          metadata: agents,
          settings,
          folder,
          image: platform.pin(HELPER_IMAGES.rclone),
          serviceAccount: agents.name,
        }),
      ),
    };
  }

  private volume(folder: string): ApiObject {
    const { name, namespace } = this;
    const volume = kubernetesObject<PersistentVolume>(this, 'volume', {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      // Volumes of all namespaces share their names.
      metadata: { ...workloadMetadata(name, 'model-cache'), name: `${namespace}-${name}` },
      spec: {
        capacity: { storage: NOMINAL },
        // On one node each, but for many nodes.
        accessModes: ['ReadWriteMany'],
        persistentVolumeReclaimPolicy: 'Retain',
        volumeMode: 'Filesystem',
        // Nobody else's claim may take it.
        claimRef: { name, namespace },
        // A pod waits until the keeper has made the folder; made by the kubelet, it would be root's.
        hostPath: { path: folder, type: 'Directory' },
      },
    });
    clusterWide(volume);
    return volume;
  }

  private tooSmall(): string[] {
    const needed = [...this.wanted.values()].reduce((sum, { size }) => sum + MODEL_OVERHEAD * bytes(size), 0);
    if (needed <= bytes(this.settings.size)) return [];
    return [
      `size must hold the models of all servers that use it, ${formatBytes(needed)} or more, got '${this.settings.size}'`,
    ];
  }
}

/** Whether a value is a {@link ModelCache}, also one of another copy of recstack. */
export function isModelCache(value: unknown): value is ModelCache {
  return Construct.isConstruct(value) && 'folderOf' in value;
}
