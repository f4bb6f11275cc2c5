import { type Hpa, type Metric, policyOf } from '../hpa/policy';
import type { Trace } from '../traces/trace';
import type { Autoscaler } from './autoscaler';
import { HpaAutoscaler } from './hpa-autoscaler';
import { needs, oracle } from './oracle';
import type { Measure } from './readings';
import type { Service } from './service';

/** Between which numbers of replicas a policy may go. */
export interface Bounds {
  readonly fewest: number;
  readonly most: number;
}

/** A way to scale a server, for any trace and service. */
export interface Candidate {
  readonly name: string;
  readonly autoscaler: (trace: Trace, service: Service, bounds: Bounds) => Autoscaler;
}

/** What everyone has, or could have, to hold a policy against. */
export const BASELINES = [
  { name: 'HPA at CPU 80 %', autoscaler: (_, __, bounds) => onCpu(80, bounds) },
  { name: 'HPA at CPU 50 %', autoscaler: (_, __, bounds) => onCpu(50, bounds) },
  {
    name: 'requests per replica at 70 %',
    autoscaler: (_, { capacity }, bounds) => onRequests(0.7 * capacity, bounds),
  },
  {
    name: 'static peak',
    autoscaler: (trace, service, { fewest, most }) => {
      const peak = needs(trace, service, fewest).reduce((a, b) => Math.max(a, b), fewest);
      return constantly(Math.min(peak, most));
    },
  },
  // It is the measure of all others, and nothing limits it but what is needed at least.
  { name: 'oracle', autoscaler: (trace, service, { fewest }) => oracle(trace, service, fewest) },
] as const satisfies readonly Candidate[];

/** As many replicas at all times. */
export function constantly(replicas: number): Autoscaler {
  return { sync: () => replicas };
}

function onCpu(percent: number, bounds: Bounds): Autoscaler {
  return hpa({ type: 'Resource', resource: { name: 'cpu', target: { averageUtilization: percent } } }, 'cpu', bounds);
}

function onRequests(perReplica: number, bounds: Bounds): Autoscaler {
  const metric = { type: 'External', external: { target: { averageValue: perReplica } } };
  return hpa(metric, 'requests', bounds);
}

function hpa(metric: Metric, measure: Measure, { fewest, most }: Bounds): Autoscaler {
  const spec: Hpa['spec'] = { minReplicas: fewest, maxReplicas: most, metrics: [metric] };
  return new HpaAutoscaler(policyOf({ spec }), [measure]);
}
