/**
 * Simulates the grid that the queue model is held against, and writes it to simulated.json:
 * `npx tsx test/capacity/queueing/record.ts [oneQueue|leastRequest]`, half an hour.
 *
 * Each point is the mean of two runs with seeds of their own; `error` is half of what they differ by, relative to it.
 */
import { writeFileSync } from "node:fs";
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
    for (const variation of [0.5, 2]) {
      for (const load of [0.3, 0.7, 0.9]) yield { ...at, load, variation, distribution: 'lognormal' };
    }
  }
}

function* leastRequest(): Generator<Simulated> {
  for (const replicas of [16, 4, 32, 8]) {
    for (const concurrency of replicas === 4 || replicas === 16 ? CONCURRENCIES : [1, 4, 32]) {
      const at = { concurrency, replicas, balancing: 'leastRequest' } as const;
      for (const variation of VARIATIONS) {
        for (const load of [0.3, 0.5, 0.7, 0.8, 0.9]) yield { ...at, load, variation, distribution: 'gamma' };
      }
      if (replicas !== 16) continue;
      for (const variation of [0.5, 2]) {
        for (const load of [0.7, 0.9]) yield { ...at, load, variation, distribution: 'lognormal' };
      }
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
  const [a, b] = [1, 2].map((seed) => {
    const times = simulate(point, requests(point), seed);
    return [quantileOf(times, 0.5), quantileOf(times, 0.99)] as const;
  });
  const off = Math.max(...[0, 1].map((i) => Math.abs(a[i] - b[i]) / (a[i] + b[i])));
  const rounded = (value: number) => Number(value.toPrecision(4));
  const [p50, p99] = [0, 1].map((i) => rounded((a[i] + b[i]) / 2));
  return { ...point, p50, p99, error: rounded(off) };
}

if (require.main === module) {
  for (const [name, points] of Object.entries({ oneQueue, leastRequest })) {
    if (process.argv[2] !== undefined && process.argv[2] !== name) continue;
    const lines: string[] = [];
    for (const point of points()) {
      lines.push(JSON.stringify(record(point)));
      writeFileSync(join(__dirname, `simulated-${name}.json`), `[\n${lines.join(',\n')}\n]\n`);
    }
  }
}
