import { formatBytes } from '../../core/quantities';

/*
 * The numbers of stores that are computed rather than guessed: bytes and seconds, each by a pure function with its source.
 */

const GIB = 2 ** 30;

/** How fast a store reads its data from a volume and builds it up in memory, in bytes a second: a careful assumption. */
export const STORE_LOAD_BYTES_PER_SECOND = 50 * 2 ** 20;

/**
 * The memory limit of a Redis or Valkey with so much data: `2 × data + 256 MiB` where it saves to disk, `1.25 × data +
 * 256 MiB` where it doesn't. It saves by a fork, and each page that is written meanwhile exists twice, up to all of them;
 * without a fork there is the fragmentation of the allocator.
 *
 * @see https://redis.io/docs/latest/operate/oss_and_stack/management/admin/ (up to twice the memory while saving)
 */
export function respMemory({ data, saves }: { readonly data: number; readonly saves: boolean }) {
  const factor = saves ? 2 : 1.25;
  return {
    bytes: factor * data + GIB / 4,
    formula: `${factor} × ${formatBytes(data)} of data ${saves ? '(copies while it saves)' : '(fragmentation)'} + 256Mi`,
  };
}

/**
 * The volume that a Redis or Valkey needs: `3 × data` with an append-only file, which is written anew when it has doubled,
 * beside the old one; `2 × data` with dumps, of which the old one goes when the new one is whole. The first has room for a
 * dump that a backup asks for, which is smaller than the data in memory.
 *
 * @see https://valkey.io/topics/persistence/
 */
export function respStorage({ data, log }: { readonly data: number; readonly log: boolean }) {
  const factor = log ? 3 : 2;
  return { bytes: factor * data, formula: `${factor} × ${formatBytes(data)} of data (old and new file side by side)` };
}

/**
 * The memory of one replica of Qdrant with all vectors in memory: `vectors × dimension × 4 bytes × 1.5`, its own formula,
 * times the copies of each shard, over the replicas; and 1 GiB for the program.
 *
 * @see https://qdrant.tech/documentation/capacity-planning/
 */
export function vectorMemory(props: Readonly<Record<'count' | 'dimension' | 'copies' | 'replicas', number>>) {
  const { count, dimension, copies, replicas } = props;
  const among = replicas === 1 ? '' : ` × ${copies} copies / ${replicas} replicas`;
  return {
    bytes: (count * dimension * 4 * 1.5 * copies) / replicas + GIB,
    formula: `${count} vectors × ${dimension} × 4 bytes × 1.5${among} + 1Gi`,
  };
}

/**
 * The volume of one replica of Qdrant: twice its vectors, for segments that are optimized are written anew beside the old
 * ones, with as much again for payloads, their indexes and the write-ahead log: `4 × vectors × dimension × 4 bytes`.
 */
export function vectorStorage(props: Readonly<Record<'count' | 'dimension' | 'copies' | 'replicas', number>>) {
  const { count, dimension, copies, replicas } = props;
  const among = replicas === 1 ? '' : ` × ${copies} copies / ${replicas} replicas`;
  return {
    bytes: (4 * count * dimension * 4 * copies) / replicas,
    formula: `4 × ${count} vectors × ${dimension} × 4 bytes${among} (optimized segments beside the old ones)`,
  };
}

/** The seconds that a dump of so much data takes to write, twice, and at least a minute. */
export function dumpSeconds(data: number): number {
  return Math.max(60, Math.ceil((2 * data) / STORE_LOAD_BYTES_PER_SECOND));
}
