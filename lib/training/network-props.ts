import { z } from 'zod';
import { must, pattern, wholeNumber } from '../core/schema';

/** The interface that container runtimes give a pod, whatever the node's own is called. */
export const POD_INTERFACE = 'eth0';

const interfaceRule = must("be the name of a network interface in the pod, at most 15 characters, like 'eth0'");
const resourceRule = must(
  "be a resource of a device plugin, like 'rdma/hca_shared_devices_a'",
  'kubectl describe node shows it under Allocatable',
);
const DOMAIN = '[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*';
const RESOURCE = new RegExp(`^${DOMAIN}/[A-Za-z0-9]([-\\w.]{0,61}[A-Za-z0-9])?$`);
/** What is no device, or is asked for elsewhere. */
const NO_CARDS = /^nvidia\.com\/gpu$|^requests\.|(^|\.)kubernetes\.io\//;
const ATTACHMENT = new RegExp(`^([a-z0-9]([-a-z0-9]*[a-z0-9])?/)?${DOMAIN}(@[\\w.-]{1,15})?$`);
const cardRule = must("be the name of a card, like 'mlx5_0' or, with its port, 'mlx5_0:1'");
const attachmentRule = must("be the name of a NetworkAttachmentDefinition, like 'rdma-net' or 'kube-system/rdma-net'");

const onEveryNetwork = {
  /**
   * The pod's interface for TCP, by which the nodes find each other, also where the data goes another way.
   * @default 'eth0' - what container runtimes call it
   */
  interface: pattern<string>(/^[\w.-]{1,15}$/, interfaceRule).default(POD_INTERFACE),
};

const onCards = {
  /**
   * Says that containers on the nodes may lock memory without limit (`LimitMEMLOCK=infinity` in the unit of containerd,
   * or an rlimit in its base runtime spec), which cards demand of memory that they read by themselves. Kubernetes has no
   * field for it, and the capability IPC_LOCK of the device plugins' examples does nothing for a user other than root:
   * recstack never adds it.
   * @default - not said, which is warned about in production: 8 MiB are usual, and memory of NCCL can't be registered
   */
  lockedMemory: z.literal('unlimited').optional(),
};

/** Checks how the nodes of a run reach each other. */
export const networkSchema = z.discriminatedUnion('by', [
  z.strictObject({
    /** By TCP over the pods' own network, which is there everywhere. */
    by: z.literal('tcp'),
    ...onEveryNetwork,
  }),
  z.strictObject({
    /**
     * By RDMA: InfiniBand, RoCE, or what a cloud has of the kind. A run that can't use the cards fails, and does not go
     * on by TCP, at a fraction of the speed. Network policies know nothing of what passes by RDMA, nor of further
     * interfaces: the fabric itself must keep runs apart.
     */
    by: z.literal('rdma'),
    ...onEveryNetwork,
    /**
     * What the device plugin calls the cards.
     * @example 'rdma/hca_shared_devices_a', 'aliyun/erdma', 'nvidia.com/mlnxnics'
     */
    resource: pattern<string>(RESOURCE, resourceRule, (name) => !NO_CARDS.test(name)),
    /**
     * Cards for each node, as the device plugin counts them: those that share one count a place on it.
     * @default 1
     */
    count: wholeNumber({ min: 1, max: 64, of: 'cards' }).default(1),
    /**
     * The cards that NCCL may use, by their exact names.
     * @default - all in the pod
     */
    hca: z
      .array(pattern<string>(/^\w[\w.-]*(:\d+)?$/, cardRule))
      .min(1)
      .readonly()
      .optional(),
    /**
     * Which address of a RoCE card is used.
     * @default - NCCL looks for one of RoCE v2, from 2.21 on
     */
    gidIndex: wholeNumber({ min: 0, max: 255, of: 'an index' }).optional(),
    /**
     * Networks that Multus attaches to the pods, one for each card, where RoCE needs an interface of its own in the pod.
     * @default - none
     */
    attachments: z.array(pattern<string>(ATTACHMENT, attachmentRule)).min(1).readonly().optional(),
    ...onCards,
  }),
  z.strictObject({
    /**
     * By the Elastic Fabric Adapter of AWS, through libfabric, which the image must have along with aws-ofi-nccl. As with
     * RDMA, a run that can't use it fails, and network policies know nothing of it.
     */
    by: z.literal('efa'),
    ...onEveryNetwork,
    /** Adapters for each node: all that the type of instance has. */
    count: wholeNumber({ min: 1, max: 64, of: 'adapters' }),
    ...onCards,
  }),
]);

/** How the nodes of a run reach each other. @useDeclaredType */
export type TrainingNetwork = z.input<typeof networkSchema>;
