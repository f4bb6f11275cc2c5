import { amount } from './amount';

/** What pods ask of GPUs. */
export interface Gpus {
  /** Whole GPUs. */
  readonly gpus: number;
  /** Slices that MIG cut from GPUs. */
  readonly gpuSlices: number;
  /** Shares of GPUs that several pods have. */
  readonly gpuShares: number;
  /** Parts of GPUs' memory that Alibaba Cloud's scheduler shares out, in bytes. */
  readonly gpuMemory: number;
}

/** Amounts of resources by their names. */
export type Amounts = Readonly<Record<string, string | number>>;

export const NO_GPUS: Gpus = { gpus: 0, gpuSlices: 0, gpuShares: 0, gpuMemory: 0 };

/** The GPUs among the resources that a container asks for. */
export function devices(asked: Amounts): Gpus {
  let { gpus, gpuSlices, gpuShares, gpuMemory } = NO_GPUS;
  for (const [resource, quantity] of Object.entries(asked)) {
    if (resource === 'nvidia.com/gpu') gpus += amount(quantity);
    if (resource.startsWith('nvidia.com/mig-')) gpuSlices += amount(quantity);
    if (resource === 'nvidia.com/gpu.shared') gpuShares += amount(quantity);
    if (resource === 'aliyun.com/gpu-mem') gpuMemory += amount(quantity) * 2 ** 30;
  }
  return { gpus, gpuSlices, gpuShares, gpuMemory };
}

/** What of a pod tells about its GPUs. */
export interface GpuPodSpec {
  readonly affinity?: {
    readonly nodeAffinity?: {
      readonly requiredDuringSchedulingIgnoredDuringExecution?: {
        readonly nodeSelectorTerms?: readonly {
          readonly matchExpressions?: readonly { readonly key: string; readonly values?: readonly string[] }[];
        }[];
      };
    };
  };
  readonly resourceClaims?: readonly { readonly resourceClaimTemplateName?: string }[];
}

/** Slices and shares may be called as whole cards are: then the nodes that the pod goes to tell what they are. */
export function wholeOrPart(asked: Gpus, { affinity }: GpuPodSpec): Gpus {
  const { nodeSelectorTerms = [] } = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? {};
  const labels = nodeSelectorTerms.flatMap(({ matchExpressions = [] }) =>
    matchExpressions.flatMap(({ key, values = [] }) => values.map((value) => `${key}=${value}`)),
  );
  const { gpus, gpuSlices, gpuShares } = asked;
  // Of a slice that is shared, the label says both.
  if (labels.some((label) => /gpu\.product=.*-SHARED$|gke-gpu-sharing-strategy=/.test(label))) {
    return { ...asked, gpus: 0, gpuShares: gpuShares + gpus };
  }
  if (labels.some((label) => /gpu\.product=.*-MIG-|gke-gpu-partition-size=/.test(label))) {
    return { ...asked, gpus: 0, gpuSlices: gpuSlices + gpus };
  }
  return asked;
}

interface ClaimTemplate {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec?: unknown;
}

interface ClaimTemplateSpec {
  readonly spec: {
    readonly devices?: {
      readonly requests?: readonly {
        readonly exactly?: { readonly deviceClassName: string; readonly count?: number };
      }[];
    };
  };
}

/** The whole GPUs that a pod claims by the templates among the manifests. */
export function claimedGpus(
  { resourceClaims = [] }: GpuPodSpec,
  manifests: readonly ClaimTemplate[],
  namespace: string | undefined,
): number {
  const names = resourceClaims.map(({ resourceClaimTemplateName }) => resourceClaimTemplateName);
  const requests = manifests
    .filter(({ kind, metadata }) => kind === 'ResourceClaimTemplate' && metadata.namespace === namespace)
    .filter(({ metadata }) => names.includes(metadata.name))
    .flatMap(({ spec }) => (spec as ClaimTemplateSpec).spec.devices?.requests ?? []);
  return requests
    .filter(({ exactly }) => exactly?.deviceClassName === 'gpu.nvidia.com')
    .reduce((sum, { exactly }) => sum + (exactly?.count ?? 1), 0);
}
