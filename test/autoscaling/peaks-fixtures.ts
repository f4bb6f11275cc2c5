import { type Peaks, type PeaksProps, peaksSchema } from '../../lib/autoscaling/peaks';
import type { PeakServer } from '../../lib/autoscaling/peaks-plan';
import { parse } from '../../lib/core/schema';

/** A server of which a replica is ready two minutes after the decision. */
export const SERVER: PeakServer = { readySeconds: 120, ordinary: 6, most: 60 };

export type Event = PeaksProps['events'][number];

/** Peaks as they come out of the schema. */
export const peaksOf = (events: Event[], timeZone = 'Asia/Shanghai'): Peaks =>
  parse(peaksSchema, { timeZone, events }, 'peaks');
