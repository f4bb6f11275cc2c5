import type { IConstruct } from 'constructs';
import { z } from 'zod';
import { percentageSchema } from './percentages';
import { must, parse } from './schema';

const amount = (of: string) => {
  const error = must(`be a number of ${of}, above 0`);
  return z.number({ error }).positive({ error });
};

/** Checks {@link TrafficBudget}. */
export const trafficBudgetSchema = z
  .strictObject({
    /**
     * The share of requests that may come while the replicas that are ready have no room for them.
     * @default - not limited
     */
    overCapacity: percentageSchema.optional(),
    /**
     * The share of requests that may take longer than the server's latency objective, by the queue model. Needs what
     * was measured of the time that a request takes.
     * @default - not limited
     */
    overSlo: percentageSchema.optional(),
    /**
     * Replica-hours of an average day.
     * @default - not limited
     */
    replicaHoursPerDay: amount('replica-hours').optional(),
    /**
     * Cost of an average day, in the currency of `replicaHourPrice`.
     * @default - not limited
     */
    costPerDay: amount('some currency').optional(),
    /**
     * What one replica costs an hour, in any currency: its share of a node, GPUs included.
     * @default - no costs are told
     */
    replicaHourPrice: amount('some currency').optional(),
  })
  .refine(({ costPerDay, replicaHourPrice }) => costPerDay === undefined || replicaHourPrice !== undefined, {
    path: ['replicaHourPrice'],
    error: () => 'must come with costPerDay, but is missing: say what one replica costs an hour',
  });

/**
 * What the traffic of a server may cost, and how much of it may fail: `recstack plan --trace` holds the server's
 * autoscaler to it.
 * @interface
 */
export type TrafficBudget = z.output<typeof trafficBudgetSchema>;

const BUDGET = Symbol.for('recstack.traffic-budget');

/**
 * Sets what the traffic of a server may cost, and how much of it may fail.
 *
 * @throws InvalidInput with everything that is wrong with the budget
 * @example
 * ```ts
 * setTrafficBudget(ranker, { overCapacity: '0.02%', costPerDay: 400, replicaHourPrice: 0.8 });
 * ```
 */
export function setTrafficBudget(server: IConstruct, budget: TrafficBudget): void {
  const value = parse(trafficBudgetSchema, budget, server.node.path);
  Object.defineProperty(server, BUDGET, { value, configurable: true });
}

/** The budget of a server, where it has one. */
export function trafficBudgetOf(server: IConstruct): TrafficBudget | undefined {
  return Reflect.get(server, BUDGET);
}
