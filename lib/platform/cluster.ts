import { z } from 'zod';
import { nameSchema } from '../core/names';
import { must, oneOf, pattern } from '../core/schema';
import { ADDONS, type Addon } from './addons';
import { BUILT_IN, DISTRIBUTIONS, type Distribution } from './distributions';
import { compareVersions, FEATURES, type Feature, KUBERNETES } from './features';
import { type GpuSharing, gpuSharingSchema } from './gpu-sharing';
import { GPU_TYPES, type GpuType, nodeRequirement } from './gpus';

const versionRule = must(
  `be a Kubernetes version from '${KUBERNETES.oldest}' to '${KUBERNETES.newest}', in quotes`,
  'in YAML write "1.30", not 1.30, which is the number 1.3',
);

/** Checks a {@link ClusterProps}. */
export const clusterSchema = z.strictObject({
  /** Version of the API server, as `'1.33'` or `'1.33.4'`. Newer fields are used, or refused, by it. */
  kubernetes: pattern(/^1\.\d{1,2}(\.\d+)?$/, versionRule, (version) => {
    return compareVersions(version, KUBERNETES.oldest) >= 0 && compareVersions(version, KUBERNETES.newest) <= 0;
  }),
  /**
   * Where the cluster comes from.
   * @default 'other'
   */
  distribution: oneOf(DISTRIBUTIONS).default('other'),
  /**
   * What is installed in the cluster, beyond what the distribution brings.
   * @default []
   */
  addons: z.array(oneOf(ADDONS)).readonly().default([]),
  /**
   * The GPU types of the cluster's nodes; an empty list says that it has none.
   * @default - not described: every GPU type that recstack knows is accepted
   */
  gpus: z.array(oneOf(GPU_TYPES)).readonly().optional(),
  /**
   * How cards are shared, by their type: by MIG, in turns, or by MPS. Whole cards of a type may be there beside it.
   * @default {} - all cards are whole
   */
  gpuSharing: gpuSharingSchema.default({}),
  /**
   * Name of the RuntimeClass that pods with GPUs need, or false where the nodes' own runtime sees the cards.
   * @default - `nvidia` on k3s, which leaves its default runtime as it is; none elsewhere
   * @see https://docs.k3s.io/advanced#nvidia-container-runtime
   */
  gpuRuntimeClass: z.union([nameSchema, z.literal(false)]).optional(),
  /**
   * Domain of the cluster's DNS, as its kubelets have it.
   * @default 'cluster.local'
   */
  dnsDomain: pattern<string>(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, must("be a domain, like 'cluster.local'")).default(
    'cluster.local',
  ),
});

/** The description of a cluster: what is there to be used. @interface */
export type ClusterProps = z.input<typeof clusterSchema>;

/** A described cluster, and the answers to what can be done on it. */
export class Cluster {
  /** Version of the API server. */
  readonly kubernetes: string;
  readonly distribution: Distribution;
  private readonly addons: ReadonlySet<Addon>;
  /** The RuntimeClass that pods with GPUs need, if they need one. */
  readonly gpuRuntimeClass: string | undefined;
  /** Domain of its DNS. */
  readonly dnsDomain: string;
  private readonly gpus: readonly GpuType[] | undefined;
  private readonly sharing: Partial<Record<GpuType, GpuSharing>>;

  constructor(props: z.output<typeof clusterSchema>) {
    this.kubernetes = props.kubernetes;
    this.distribution = props.distribution;
    this.addons = new Set([...props.addons, ...(BUILT_IN[props.distribution] ?? [])]);
    this.dnsDomain = props.dnsDomain;
    this.gpus = props.gpus;
    this.sharing = props.gpuSharing;
    const { gpuRuntimeClass = props.distribution === 'k3s' ? 'nvidia' : false } = props;
    this.gpuRuntimeClass = gpuRuntimeClass === false ? undefined : gpuRuntimeClass;
  }

  /** Whether an add-on is installed, or comes with the distribution. */
  has(addon: Addon): boolean {
    return this.addons.has(addon);
  }

  /** Whether the version has a feature. */
  supports(feature: Feature): boolean {
    return compareVersions(this.kubernetes, FEATURES[feature]) >= 0;
  }

  /** Whether it is described as one without GPUs. */
  get hasNoGpus(): boolean {
    return this.gpus?.length === 0;
  }

  /** The first version that has a feature. */
  since(feature: Feature): string {
    return FEATURES[feature];
  }

  /** How the cards of a type are shared, if they are. */
  gpuSharing(type: GpuType): GpuSharing | undefined {
    return this.sharing[type];
  }

  /** A type of which shares are called `nvidia.com/gpu`, as whole cards are: only the nodes' labels tell them apart. */
  get gpuOfWhichSharesLookWhole(): GpuType | undefined {
    return GPU_TYPES.find((type) => {
      const sharing = this.sharing[type];
      return sharing !== undefined && (sharing.by === 'mig-single' || ('renamed' in sharing && !sharing.renamed));
    });
  }

  /** What is wrong with asking for a type of GPU here, as the rest of the sentence `gpu.type …`, or undefined. */
  problemWithGpu(type: GpuType): string | undefined {
    if (this.gpus !== undefined && !this.gpus.includes(type)) {
      const there = this.gpus.length === 0 ? 'it has no GPUs' : `it has ${this.gpus.join(', ')}`;
      return `must be a type of GPU in the cluster, got '${type}', but ${there}: add it to cluster.gpus or take another`;
    }
    if (nodeRequirement(type, this.distribution) === undefined) {
      return `must be a type of GPU that ${this.distribution} offers, got '${type}'`;
    }
    return undefined;
  }
}
