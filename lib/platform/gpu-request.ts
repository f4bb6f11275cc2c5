import { z } from 'zod';
import { type Bytes, bytesSchema } from '../core/quantities';
import { must, oneOf, pattern, wholeNumber } from '../core/schema';
import { GPU_TYPES, type GpuType } from './gpus';
import { ALL_MIG_PROFILES, type MigProfile, type MigType, migProfiles } from './mig';

/** One kind of request: what it says, and nothing of what the others say. */
type Only<T> = T & {
  /**
   * How much of the model lies in GPU memory, where the rest stays in the host's, as embedding tables do.
   * @default - all of it
   */
  readonly holds?: Bytes | undefined;
} & { readonly [K in Exclude<'type' | 'count' | 'mig' | 'share' | 'memory' | 'claim', keyof T>]?: undefined };

/** Whole cards. */
export type WholeGpus = Only<{
  /** Type of the GPU, as the cluster's description has it. */
  readonly type: GpuType;
  /** Whole GPUs for each replica. */
  readonly count: number;
}>;

interface MigSliceOf<T extends MigType> {
  readonly type: T;
  /** Instead of whole cards: a slice that MIG cut, by its profile, as `'2g.20gb'`. */
  readonly mig: MigProfile<T>;
}

/** One slice that MIG cut from a card. A program can use one only, so that there is no count. */
export type MigSlice = { readonly [T in MigType]: Only<MigSliceOf<T>> }[MigType];

/** One share of a card that several pods have. */
export type GpuShare = Only<{
  readonly type: GpuType;
  /** Instead of whole cards: one share of a card, in turns or by CUDA's Multi-Process Service. */
  readonly share: 'time-slicing' | 'mps';
}>;

/** A part of a card's memory, by Alibaba Cloud's scheduler for shared GPUs; of any card, or of a type. */
export type GpuMemory = Only<{
  /** Instead of whole cards: a part of a card's memory in whole GiB, by Alibaba Cloud's scheduler for shared GPUs. */
  readonly memory: `${number}Gi`;
  readonly type?: GpuType | undefined;
}>;

interface ClaimedType {
  /** Type of the cards. */
  readonly type: GpuType;
  readonly memory?: undefined;
}

interface ClaimedMemory {
  /** The least memory of each card. */
  readonly memory: Bytes;
  readonly type?: undefined;
}

/** Cards of a type, or with so much memory at least, by a claim of Kubernetes' dynamic resource allocation. */
export type GpuClaim = Only<{
  /** Instead of a type: what a card must be, by a claim of Kubernetes' dynamic resource allocation. */
  readonly claim: ClaimedType | ClaimedMemory;
  readonly count: number;
}>;

/**
 * What a pod asks of GPUs: whole cards, a slice of MIG, a share, a part of the memory, or a claim.
 *
 * @example
 * ```ts
 * { type: 'nvidia-l4', count: 1 }
 * { type: 'nvidia-a100-80gb', mig: '2g.20gb' }
 * { type: 'nvidia-t4', share: 'time-slicing' }
 * { memory: '8Gi' }
 * { claim: { memory: '40Gi' }, count: 2 }
 * ```
 */
export type GpuRequest = WholeGpus | MigSlice | GpuShare | GpuMemory | GpuClaim;

const claimSchema = z
  .strictObject({
    type: oneOf(GPU_TYPES).optional(),
    memory: bytesSchema.optional(),
  })
  .refine(({ type, memory }) => (type === undefined) !== (memory === undefined), {
    error: must('say what the cards must be, by type or by memory, and not both'),
  });

const shape = z.strictObject({
  count: wholeNumber({
    min: 1,
    max: 16,
    of: 'GPUs',
    hint: 'a container gets whole cards; take a smaller type instead',
  }).optional(),
  type: oneOf(GPU_TYPES).optional(),
  mig: oneOf(ALL_MIG_PROFILES).optional(),
  share: oneOf(['time-slicing', 'mps']).optional(),
  memory: pattern<`${number}Gi`>(/^[1-9]\d{0,3}Gi$/, must("be GPU memory in whole GiB, like '8Gi'")).optional(),
  claim: claimSchema.optional(),
  holds: bytesSchema.optional(),
});

const INSTEAD = ['mig', 'share', 'memory', 'claim'] as const;

const checked = shape.check(({ value, issues }) => {
  const { type, count, mig, claim } = value;
  const refuse = (path: string, input: unknown, message: string) =>
    issues.push({ code: 'custom', path: [path], input, message });
  const kinds = INSTEAD.filter((kind) => value[kind] !== undefined);
  const [kind, other] = kinds;
  if (other !== undefined) {
    refuse(other, value[other], `must come without ${kind}: a request is of one kind`);
    return;
  }
  const counted = kind === undefined || kind === 'claim';
  // The schemas that a missing value would meet if it were always needed.
  if (counted && count === undefined) {
    for (const { message } of shape.shape.count.unwrap().safeParse(undefined).error?.issues ?? []) {
      refuse('count', undefined, message);
    }
  }
  if (!counted && count !== undefined) {
    refuse('count', count, `must be left out with ${kind}, got ${count}: a program can use one of those only`);
  }
  if (claim !== undefined && type !== undefined) {
    refuse('type', type, `must be left out with claim, got '${type}': say it there`);
  }
  if (kind !== 'memory' && kind !== 'claim' && type === undefined) {
    const { error } = oneOf(GPU_TYPES).safeParse(undefined);
    for (const { message } of error?.issues ?? []) refuse('type', undefined, message);
  }
  if (type !== undefined && mig !== undefined && !migProfiles(type).includes(mig)) {
    const profiles = migProfiles(type);
    const rule = profiles.length === 0 ? 'be left out' : `be one of ${profiles.join(', ')}`;
    const hint = profiles.length === 0 ? `${type} cannot be cut by MIG` : `those are the slices of ${type}`;
    refuse('mig', mig, must(rule, hint)({ input: mig }));
  }
});

/** Checks a {@link GpuRequest}. */
export const gpuSchema = checked as z.ZodType<unknown> as z.ZodType<GpuRequest, GpuRequest>;

/** How many devices a program sees: a slice and a share look like a card to it. */
export function devicesOf(request: GpuRequest): number {
  return request.count ?? 1;
}

/** The type of the cards that are asked for, if it is known. */
export function gpuTypeOf(request: GpuRequest): GpuType | undefined {
  return request.claim?.type ?? request.type;
}
