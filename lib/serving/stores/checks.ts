import { bytes, formatBytes } from '../../core/quantities';
import type { StoreEngine, StoreShape } from './engine';
import type { StoreSettings } from './store-props';

/** What a store that somebody else runs was given to run, in sentences. */
export function problemsOfExternal({
  storage,
  storageClass,
  replicas,
  priorityClass,
  resources,
  transform,
}: StoreSettings): string[] {
  const run = {
    storage,
    storageClass,
    replicas,
    priorityClass,
    'resources.cpu': resources.cpu,
    'resources.memory': resources.memory,
    ...Object.fromEntries(Object.entries(transform).map(([object, change]) => [`transform.${object}`, change])),
  };
  const given = Object.entries(run).filter(([, value]) => value !== undefined);
  return given.map(([prop]) => `${prop} must be left out of an external store, which somebody else runs: remove it`);
}

/** What can't work in a store that is run here, in sentences. */
export function problemsOf(engine: StoreEngine, shape: StoreShape, { storage, resources }: StoreSettings): string[] {
  const { memory, storage: least } = engine.sizing(shape);
  const keeps = engine.dataFolder !== undefined;
  const problems: string[] = [];
  if (keeps && storage === undefined) {
    problems.push(`storage must be the size of its volume, got nothing: ${engine.name} keeps its data there`);
  }
  if (!keeps && storage !== undefined) {
    problems.push(`storage must be left out, got '${storage}': ${engine.name} keeps nothing here that outlives a pod`);
  }
  if (storage !== undefined && least !== undefined && bytes(storage) < least.bytes) {
    problems.push(`storage must be '${formatBytes(least.bytes)}' or more, got '${storage}': ${least.formula}`);
  }
  if (memory === undefined && resources.memory === undefined) {
    problems.push(`resources.memory must be given: ${engine.name} can't know it from what it is told`);
  }
  if (memory !== undefined && resources.memory !== undefined && bytes(resources.memory) < memory.bytes) {
    problems.push(
      `resources.memory must be '${formatBytes(memory.bytes)}' or more, got '${resources.memory}': ${memory.formula}`,
    );
  }
  if (!engine.stateless && engine.cluster === undefined && shape.replicas > 1) {
    problems.push(
      `replicas must be 1, got ${shape.replicas}: without a failover, replicas of ${engine.name} would lose writes in silence; for high availability, take an external one`,
    );
  }
  if (engine.cluster !== undefined && shape.replicas === 2) {
    problems.push('replicas must be 1, or 3 and more, got 2: of two, neither is a majority when the other is gone');
  }
  return problems;
}

/** What works and is a risk where real users depend on it, in sentences. */
export function risksOf(engine: StoreEngine, { replicas }: StoreShape): string[] {
  if (engine.stateless) return [];
  const way = engine.cluster === undefined ? 'take an external one' : 'set replicas to 3';
  return [
    ...(replicas === 1
      ? [`runs once: while its pod starts anew, nobody is answered; ${way} if the funnel has no fallback for it`]
      : []),
    ...(engine.asksWho
      ? []
      : ['asks no caller for a password: whoever the network lets through may read and change everything']),
  ];
}
