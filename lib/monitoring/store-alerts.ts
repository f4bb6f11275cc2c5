import type { ObservedServer, ObservedStore } from '../core/observed';
import { type Selector, series } from '../core/promql';
import type { AlertRule } from './alerts';
import { MEMORY_LIMIT, ofPods, ofVolumes, VOLUME_AVAILABLE, VOLUME_CAPACITY, WORKING_SET } from './container-metrics';

/** The alerts about a store: nobody answers, memory or a volume runs full. */
export function storeRules(server: ObservedServer, store: ObservedStore, selector: Selector): AlertRule[] {
  return [
    ...(server.metrics === undefined ? [] : [down(server, store, selector)]),
    containerMemory(server),
    ...(store.memory === undefined ? [] : [dataMemory(server, store.memory, selector)]),
    ...(store.hasVolume ? [volume(server)] : []),
  ];
}

function down({ name, namespace }: ObservedServer, { answers }: ObservedStore, selector: Selector): AlertRule {
  return {
    alert: 'StoreDown',
    // An exporter answers also when its store doesn't, so that `up` alone would say nothing.
    expr: `absent(${series(answers ?? { name: 'up' }, selector)} == 1)`,
    for: '5m',
    labels: { severity: 'critical' },
    annotations: {
      summary: `No replica of the store ${name} answers`,
      description: `For 5 minutes Prometheus has reached no replica of ${name} in ${namespace}.`,
    },
  };
}

function containerMemory(server: ObservedServer): AlertRule {
  const selector = { namespace: server.namespace };
  const used = series(ofPods(WORKING_SET, server, 'server'), selector);
  const limit = series(ofPods(MEMORY_LIMIT, server, 'server'), selector);
  return {
    alert: 'StoreMemoryNearLimit',
    expr: `${used} / (${limit} > 0) > 0.95`,
    for: '10m',
    labels: { severity: 'warning' },
    annotations: {
      summary: `A replica of the store ${server.name} is about to run out of memory`,
      description: 'Pod {{ $labels.pod }} has used {{ $value | humanizePercentage }} of its memory for 10 minutes.',
    },
  };
}

/** Sooner than for the container: from here on writes are refused, and growth is a matter of days. */
function dataMemory(
  { name }: ObservedServer,
  { used, limit }: NonNullable<ObservedStore['memory']>,
  selector: Selector,
): AlertRule {
  return {
    alert: 'StoreDataNearLimit',
    expr: `${series(used, selector)} / (${series(limit, selector)} > 0) > 0.85`,
    for: '10m',
    labels: { severity: 'warning' },
    annotations: {
      summary: `The store ${name} is about to refuse writes`,
      description:
        'Data takes {{ $value | humanizePercentage }} of the memory that it may; at 100 % writes are refused.',
    },
  };
}

function volume(server: ObservedServer): AlertRule {
  const selector = { namespace: server.namespace };
  const available = series(ofVolumes(VOLUME_AVAILABLE, server), selector);
  const capacity = series(ofVolumes(VOLUME_CAPACITY, server), selector);
  return {
    alert: 'StoreVolumeNearlyFull',
    expr: `${available} / ${capacity} < 0.15`,
    for: '10m',
    labels: { severity: 'warning' },
    annotations: {
      summary: `A volume of the store ${server.name} is nearly full`,
      description: 'Of claim {{ $labels.persistentvolumeclaim }}, {{ $value | humanizePercentage }} are free.',
    },
  };
}
