import { z } from 'zod';
import { must, oneOf, pattern } from '../core/schema';
import { ADDONS, type Addon } from './addons';
import { BUILT_IN, DISTRIBUTIONS, type Distribution } from './distributions';
import { compareVersions, FEATURES, type Feature, KUBERNETES } from './features';
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
});

/** The description of a cluster: what is there to be used. @interface */
export type ClusterProps = z.input<typeof clusterSchema>;

/** A described cluster, and the answers to what can be done on it. */
export class Cluster {
  /** Version of the API server. */
  readonly kubernetes: string;
  readonly distribution: Distribution;
  private readonly addons: ReadonlySet<Addon>;
  private readonly gpus: readonly GpuType[] | undefined;

  constructor(props: z.output<typeof clusterSchema>) {
    this.kubernetes = props.kubernetes;
    this.distribution = props.distribution;
    this.addons = new Set([...props.addons, ...(BUILT_IN[props.distribution] ?? [])]);
    this.gpus = props.gpus;
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
