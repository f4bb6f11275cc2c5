import type { Derivation } from '../core/derivation';
import { bytes, formatBytes } from '../core/quantities';
import { devicesOf } from '../platform/gpu-request';
import { ENDPOINT_LAG_SECONDS } from './budgets';
import type { Derived } from './derived';
import {
  type EmbeddingTable,
  gpuCacheBytes,
  gpuRows,
  hostBytes,
  hostRowBytes,
  rawBytes,
  rowBytes,
} from './embedding-tables';
import type { ModelServerSettings } from './model-server-props';

/** How a server came by its numbers; those that its props state are left out. */
export function explanations(settings: ModelServerSettings, derived: Derived): Derivation[] {
  const { model, runtime, resources } = settings;
  return [
    ...times(settings, derived),
    ...(resources.cpu === undefined ? [{ what: 'cpu', value: derived.cpu, formula: cpuFormula(settings) }] : []),
    ...model.embeddings.flatMap(tableExplanations),
    ...(runtime.sharedMemory === undefined
      ? []
      : [{ what: '/dev/shm', value: runtime.sharedMemory, formula: `what ${runtime.name} shares, within memory` }]),
    ...(resources.memory === undefined
      ? [{ what: 'memory', value: derived.memory, formula: memoryFormula(settings) }]
      : []),
  ];
}

function times({ model, runtime, startup }: ModelServerSettings, derived: Derived): Derivation[] {
  const { pullSeconds, startupSeconds, graceSeconds, progressSeconds } = derived;
  const { size } = model;
  const pull = {
    what: 'pull',
    value: `${pullSeconds}s`,
    formula: `2 × ${size} / ${startup.pullPerSecond ?? '50Mi'}/s`,
  };
  const warmUp = startup.warmUp ?? `${runtime.warmUpSeconds}s`;
  return [
    ...(pullSeconds === 0 ? [] : [pullSeconds === 60 ? { ...pull, formula: `${pull.formula}, at least 60s` } : pull]),
    {
      what: 'startupProbe',
      value: `${startupSeconds}s`,
      formula: `2 × (${size} / ${startup.loadPerSecond ?? '200Mi'}/s + ${warmUp} warm-up)`,
    },
    {
      what: 'progressDeadlineSeconds',
      value: `${progressSeconds}s`,
      formula: `600s node and image${pullSeconds === 0 ? '' : ` + ${pullSeconds}s pull`} + ${startupSeconds}s start`,
    },
    {
      what: 'terminationGracePeriodSeconds',
      value: `${graceSeconds}s`,
      formula: `${ENDPOINT_LAG_SECONDS}s preStop + ${runtime.drainSeconds}s drain + 5s exit`,
    },
  ];
}

function cpuFormula({ gpu }: ModelServerSettings): string {
  return gpu === undefined ? '2 without a GPU' : `4 × ${devicesOf(gpu)} GPU`;
}

function memoryFormula({ model, runtime }: ModelServerSettings): string {
  const shared = runtime.sharedMemory === undefined ? '' : ` + ${runtime.sharedMemory} /dev/shm`;
  return `1.25 × ${modelInMemory(model)} + 2Gi program${shared}`;
}

function modelInMemory({ size, embeddings }: ModelServerSettings['model']): string {
  if (embeddings.length === 0) return size;
  const rest = bytes(size) - rawBytes(embeddings);
  const held = `${formatBytes(hostBytes(embeddings))} embeddings`;
  return rest > 0 ? `(${formatBytes(rest)} + ${held})` : held;
}

/** The size of a table: its rows, and the bytes of each. */
function tableExplanations(table: EmbeddingTable): Derivation[] {
  const { name, dimension, hostCache, gpuCache } = table;
  const overhead = hostRowBytes(table) - rowBytes(table);
  const numbers = `${dimension} × ${rowBytes(table) / dimension}`;
  const row = overhead === 0 ? numbers : `(${numbers} + ${overhead} of the hash map)`;
  return [
    {
      what: `embeddings ${name}`,
      value: formatBytes(hostBytes([table])),
      formula: `${count(table.rows)} rows × ${row} bytes${hostCache === '100%' ? '' : ` × ${hostCache}`}`,
    },
    ...(gpuCache === undefined
      ? []
      : [
          {
            what: `embeddings ${name}, each GPU`,
            value: formatBytes(gpuCacheBytes([table])),
            formula: `${count(gpuRows(table))} rows (${gpuCache}) × (${numbers} + 16 of the cache) bytes`,
          },
        ]),
  ];
}

function count(rows: number): string {
  return rows.toLocaleString('en-US');
}
