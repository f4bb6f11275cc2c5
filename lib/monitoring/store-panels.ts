import type { ObservedServer } from '../core/observed';
import { series } from '../core/promql';
import { selectorOf } from '../core/server-query';
import { ofVolumes, VOLUME_AVAILABLE, VOLUME_CAPACITY } from './container-metrics';
import type { PanelProps } from './panel';

/** What a store's row shows beside that of a server: how full it is, in memory and on its volumes. */
export function storePanels(server: ObservedServer): PanelProps[] {
  const { store } = server;
  if (store === undefined) return [];
  const { memory, hasVolume } = store;
  const selector = { namespace: server.namespace };
  return [
    ...(memory === undefined
      ? []
      : [
          {
            title: 'Data in memory',
            description: 'Memory that data takes in each replica, and how much it may',
            unit: 'bytes',
            lines: {
              '{{pod}}': `sum by (pod) (${series(memory.used, selectorOf(server))})`,
              limit: `max(${series(memory.limit, selectorOf(server))})`,
            },
          },
        ]),
    ...(hasVolume
      ? [
          {
            title: 'Volumes',
            description: 'Share of each volume that is used',
            unit: 'percentunit',
            lines: {
              '{{persistentvolumeclaim}}': `1 - ${series(ofVolumes(VOLUME_AVAILABLE, server), selector)} / ${series(ofVolumes(VOLUME_CAPACITY, server), selector)}`,
            },
          },
        ]
      : []),
  ];
}
