import type { Metric as HpaMetric } from '../hpa/policy';
import type { Seen } from './autoscaler';
import { CronWindow } from './cron-window';
import { FloorsOverTime } from './floors';
import type { AutoscalerOptions } from './manifests';
import { measureOf, totalOf } from './readings';

/** A trigger of a ScaledObject. */
export interface Trigger {
  readonly type: string;
  readonly name?: string;
  readonly metricType?: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A trigger that KEDA itself reads, in the order of time. */
export interface ExternalTrigger {
  readonly name: string;
  /** What it should be for each replica, or in all. */
  readonly target: number;
  readonly isPerReplica: boolean;
  /** Above which value it makes a server start. */
  readonly activation: number;
  /** Undefined where it can't be read. */
  read(now: number, seen: Seen): number | undefined;
}

/** What a replay makes of a trigger. */
export type Understood =
  | { readonly external: ExternalTrigger }
  | { readonly resource: HpaMetric }
  | { readonly leftOut: string };

/**
 * Reads a trigger.
 *
 * @throws Error for one whose metric a replay knows nothing of
 */
export function understood(trigger: Trigger, options: AutoscalerOptions): Understood {
  const { type } = trigger;
  if (type === 'cpu') return { resource: cpuOf(trigger) };
  if (type === 'memory') return { leftOut: 'memory: it does not follow the load' };
  if (type === 'cron') return cron(trigger, options);
  if (type === 'prometheus') return { external: prometheus(trigger, options) };
  throw new Error(`a replay knows nothing of the metric of a trigger of the type '${type}'`);
}

function cpuOf({ metricType, metadata: { value } }: Trigger): HpaMetric {
  const target = metricType === 'Utilization' ? { averageUtilization: Number(value) } : { averageValue: value ?? '' };
  return { type: 'Resource', resource: { name: 'cpu', target } };
}

/** @see https://github.com/kedacore/keda/blob/v2.21.0/pkg/scalers/prometheus_scaler.go */
function prometheus(trigger: Trigger, { measure = measureOf }: AutoscalerOptions): ExternalTrigger {
  const { name = '', metadata } = trigger;
  const { query = '', threshold, activationThreshold = '0' } = metadata;
  const what = measure({ name, query });
  return {
    ...common(trigger, Number(threshold)),
    activation: Number(activationThreshold),
    read: (_, seen) => {
      const total = totalOf(what, seen);
      return total === undefined ? undefined : total / 1000;
    },
  };
}

/**
 * It asks for one replica for each of its replicas, and for none of them at other times.
 *
 * @see https://github.com/kedacore/keda/blob/v2.21.0/pkg/scalers/cron_scaler.go
 */
function cron(trigger: Trigger, { startsAt, floors }: AutoscalerOptions): Understood {
  const { timezone = '', start = '', end = '', desiredReplicas } = trigger.metadata;
  const about = { ...common(trigger, 1), activation: 0 };
  if (startsAt !== undefined) {
    const window = new CronWindow({ timezone, start, end });
    const replicas = Number(desiredReplicas);
    return { external: { ...about, read: (now) => (window.isOn((startsAt + now) * 1000) ? replicas : 0) } };
  }
  if (floors !== undefined) {
    const known = new FloorsOverTime(floors);
    return { external: { ...about, read: (now) => known.at(now) } };
  }
  return { leftOut: `the cron trigger from '${start}' to '${end}': when the trace starts isn't known` };
}

function common({ name = '', metricType = 'AverageValue' }: Trigger, target: number) {
  return { name, target, isPerReplica: metricType === 'AverageValue' };
}
