import type { RealServer } from './real-server';
import { claimedSeries, sumOf, total } from './samples';

/** Waits until a server has counted so many requests, and has every series that its runtime claims. */
export async function expectClaims(
  server: RealServer,
  { requests, errors }: { readonly requests: number; readonly errors: number },
): Promise<void> {
  const { metrics } = server;
  await server.samples((samples) => {
    expect(total(samples, metrics.requests)).toBe(requests);
    expect(total(samples, metrics.errors)).toBe(errors);
    expect(claimedSeries(metrics).filter((series) => sumOf(samples, series) === undefined)).toEqual([]);
  });
}
