/**
 * Simulates the grid that the queue model is held against, and writes it to simulated.json:
 * `npx tsx test/capacity/queueing/record.ts`, half an hour.
 *
 * Each point is the mean of two runs with seeds of their own; `error` is half of what they differ by, relative to it.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { quantileOf, type Simulated, simulate } from './simulate';

/** A point of the grid, and what was simulated there in means of the service time. */
export interface Recorded extends Simulated {
  readonly p50: number;
  readonly p99: number;
  readonly error: number;
}

const CONCURRENCIES = [1, 2, 4, 8, 16, 32];
const VARIATIONS = [0.25, 0.5, 1, 2];

function* oneQueue(): Generator<Simulated> {
  for (const concurrency of CONCURRENCIES) {
    const at = { concurrency, replicas: 1, balancing: 'shared' } as const;
    for (const variation of VARIATIONS) {
      for (const load of [0.1, 0.3, 0.5, 0.7, 0.8, 0.9]) yield { ...at, load, variation, distribution: 'gamma' };
    }
    for (const variation of [0.5, 1, 1.5]) {
      for (const load of [0.3, 0.7, 0.9]) yield { ...at, load, variation, distribution: 'lognormal' };
    }
  }
}

function* leastRequest(): Generator<Simulated> {
  for (const replicas of [16, 4, 32, 8]) {
    for (const concurrency of replicas === 4 || replicas === 16 ? CONCURRENCIES : [1, 4, 32]) {
      const at = { concurrency, replicas, balancing: 'leastRequest' } as const;
      for (const variation of VARIATIONS) {
        if (variation > 1 && replicas < 16) continue;
        for (const load of [0.3, 0.5, 0.7, 0.8, 0.9]) yield { ...at, load, variation, distribution: 'gamma' };
      }
      if (replicas !== 16) continue;
      for (const load of [0.7, 0.9]) yield { ...at, load, variation: 0.5, distribution: 'lognormal' };
    }
  }
}

/** The fuller the servers, the longer what happened is felt. */
function requests({ load, balancing }: Simulated): number {
  const some = balancing === 'leastRequest' ? 150_000 : 250_000;
  if (load < 0.75) return some;
  return load < 0.85 ? 2 * some : 6 * some;
}

function record(point: Simulated): Recorded {
  const runs = [1, 2].map((seed) => simulate(point, requests(point), seed));
  const both = (quantile: number) => {
    const [a = 0, b = 0] = runs.map((times) => quantileOf(times, quantile));
    return { mean: rounded((a + b) / 2), error: Math.abs(a - b) / (a + b) };
  };
  const [p50, p99] = [both(0.5), both(0.99)];
  return { ...point, p50: p50.mean, p99: p99.mean, error: rounded(Math.max(p50.error, p99.error)) };
}

const rounded = (value: number) => Number(value.toPrecision(4));

if (require.main === module) {
  const lines = [...oneQueue(), ...leastRequest()].map((point) => JSON.stringify(record(point)));
  writeFileSync(join(__dirname, 'simulated.json'), `[\n${lines.join(',\n')}\n]\n`);
}
