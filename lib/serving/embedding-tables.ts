import { z } from 'zod';
import { fraction, percentageSchema } from '../core/percentages';
import { must, oneOf, text, wholeNumber } from '../core/schema';

/** Bytes of one number, by its type. */
const TYPE_BYTES = { fp32: 4, fp16: 2, bf16: 2, fp8: 1, int8: 1 } as const;

/**
 * Bytes that a hash map takes for a row beside its numbers. A map of HugeCTR's took ten times the 12 bytes of a row with
 * one 32-bit number and its 64-bit key: the key, the time of its last use, its place in the map, and what the map keeps
 * free to grow. So a map of short rows is many times its table, and one of long rows little more.
 *
 * @see https://github.com/NVIDIA-Merlin/HugeCTR/issues/412
 */
const HASHED_ROW_BYTES = 116;

/**
 * Bytes that a cache on a GPU takes for a row beside its numbers: a key and a counter of its use, 64 bits each.
 *
 * @see https://github.com/NVIDIA-Merlin/HugeCTR/blob/main/gpu_cache/include/nv_gpu_cache.hpp
 */
const CACHED_ROW_BYTES = 16;

/** Rows that a cache on a GPU holds as one: two slabs of 32. The smallest cache is one of them. */
const CACHE_SET_ROWS = 64;

/** An exbibyte, the most of any amount of memory. */
const MOST_BYTES = 2 ** 60;

const tableSchema = z.strictObject({
  /** Name of the table, in what is told of it. */
  name: text('the name of an embedding table'),
  /** Rows: one for each id. */
  rows: wholeNumber({ min: 1, max: 1e12, of: 'rows' }),
  /** Numbers in a row. */
  dimension: wholeNumber({ min: 1, max: 65_536, of: 'numbers in a row' }),
  /** Type of the numbers in memory. */
  type: oneOf(['fp32', 'fp16', 'bf16', 'fp8', 'int8']),
  /** How it lies in memory: an `array`, whose ids are its indices, or a `hash` map of ids. */
  layout: oneOf(['array', 'hash']),
  /**
   * How much of it is held in the host's memory; the rest is read from a database, as by `initial_cache_rate` of
   * HugeCTR's parameter server.
   * @default '100%'
   */
  hostCache: percentageSchema.default('100%'),
  /**
   * How much of it is also held in the memory of each GPU, as by `gpucacheper` of HugeCTR's parameter server. What a
   * GPU caches stays in the host's memory.
   * @default - nothing
   */
  gpuCache: percentageSchema.optional(),
});

/** Checks the embedding tables of a model. */
export const embeddingTablesSchema = z
  .array(tableSchema)
  .readonly()
  .refine((tables) => new Set(tables.map(({ name }) => name)).size === tables.length, {
    error: must('have each name once'),
    abort: true,
  })
  .refine((tables) => hostBytes(tables) <= MOST_BYTES, { error: must("take at most '1024Pi' of memory together") });

/** Properties of a table of embeddings. @interface */
export type EmbeddingTableProps = z.input<typeof tableSchema>;

/** A table of embeddings: a vector for each user, item or word. */
export type EmbeddingTable = z.output<typeof tableSchema>;

/** Bytes of one row's numbers: `dimension × bytes of the type`. */
export function rowBytes({ dimension, type }: Pick<EmbeddingTable, 'dimension' | 'type'>): number {
  return dimension * TYPE_BYTES[type];
}

/** Bytes of the numbers of tables, as they lie in files: `rows × dimension × bytes of the type` each. */
export function rawBytes(tables: readonly EmbeddingTable[]): number {
  return sum(tables, (table) => table.rows * rowBytes(table));
}

/**
 * Bytes that a row takes in the host's memory: those of its numbers, and 116 more in a hash map (HugeCTR#412).
 */
export function hostRowBytes(table: Pick<EmbeddingTable, 'dimension' | 'type' | 'layout'>): number {
  return rowBytes(table) + (table.layout === 'hash' ? HASHED_ROW_BYTES : 0);
}

/** Bytes of the host's memory that tables take: `rows held × bytes of a row there` each, see {@link hostRowBytes}. */
export function hostBytes(tables: readonly EmbeddingTable[]): number {
  return sum(tables, (table) => Math.ceil(table.rows * fraction(table.hostCache)) * hostRowBytes(table));
}

/** Rows of a table that a GPU caches, in whole sets of 64, of which there is at least one; none without a cache. */
export function gpuRows({ rows, gpuCache }: Pick<EmbeddingTable, 'rows' | 'gpuCache'>): number {
  if (gpuCache === undefined) return 0;
  // HugeCTR cuts off the part of a row before it counts sets.
  const cached = Math.floor(rows * fraction(gpuCache));
  return Math.max(1, Math.ceil(cached / CACHE_SET_ROWS)) * CACHE_SET_ROWS;
}

/**
 * Bytes of each GPU's memory that the caches of tables take: `rows cached × (bytes of a row + 16)` each. Every GPU has a
 * cache of its own (HugeCTR#407). The space for the keys and rows of requests comes on top, by batch size and number of
 * instances (HugeCTR#427).
 */
export function gpuCacheBytes(tables: readonly EmbeddingTable[]): number {
  return sum(tables, (table) => gpuRows(table) * (rowBytes(table) + CACHED_ROW_BYTES));
}

function sum(tables: readonly EmbeddingTable[], bytesOf: (table: EmbeddingTable) => number): number {
  return tables.reduce((total, table) => total + bytesOf(table), 0);
}
