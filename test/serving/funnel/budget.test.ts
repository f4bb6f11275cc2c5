import fc from 'fast-check';
import { budgetOf, loadOf, overheadFor, shareInTime } from '../../../lib/serving/funnel/budget';
import { type PlannedStage, planned } from '../../../lib/serving/funnel/plan';
import { recommendationFunnelSchema } from '../../../lib/serving/funnel/props';
import { platform } from '../fixtures';
import { API, server, stages } from './fixtures';

const plan = (): readonly PlannedStage[] =>
  planned(recommendationFunnelSchema.parse({ api: API, deadline: '1s', stages: stages(platform()) }).stages).stages;

test('stages follow each other, and what no stage has is added', () => {
  expect(budgetOf(plan(), 15)).toEqual({ totalMs: 105, formula: '30 retrieval + 60 ranking + 15 overhead' });
});

test('sources of a stage run at once, so that two take no more than one', () => {
  const [retrieval, ...others] = plan();
  if (retrieval === undefined) throw new Error('there is no retrieval');
  const twice = { ...retrieval, sources: [...retrieval.sources, ...retrieval.sources] };
  expect(budgetOf([twice, ...others], 15).totalMs).toBe(105);
});

test('a fallback that asks a store begins when the time of its stage is over', () => {
  const shop = platform();
  const [retrieval, ...others] = plan();
  if (retrieval === undefined) throw new Error('there is no retrieval');
  const store = { server: server(shop, 'store'), address: 'store.shop.svc:6379', deadlineMs: 5 };
  expect(budgetOf([{ ...retrieval, store }, ...others], 15)).toEqual({
    totalMs: 110,
    formula: '30 retrieval + 5 its fallback + 60 ranking + 15 overhead',
  });
});

test('a tenth of the deadline is overhead', () => {
  expect([overheadFor(150), overheadFor(33)]).toEqual([15, 3.3]);
});

test('load is multiplied by the calls for each request', () => {
  expect(loadOf(plan())).toEqual([
    { what: 'calls to shop/retrieval for each request', value: '1', formula: '1 query' },
    { what: 'calls to shop/ranker for each request', value: '3', formula: '⌈500 candidates / 200 in a call⌉' },
  ]);
});

test('a server that two stages call has the load of both', () => {
  const [retrieval, ranking] = plan();
  if (retrieval === undefined || ranking === undefined) throw new Error('there are no stages');
  const again: PlannedStage = { ...ranking, name: 'reranking', candidatesIn: 50 };
  const source = ranking.sources.map((one) => ({ ...one, calls: 1, candidates: 50 }));
  expect(loadOf([retrieval, ranking, { ...again, sources: source }]).at(-1)).toEqual({
    what: 'calls to shop/ranker for each request',
    value: '4',
    formula: '⌈500 candidates / 200 in a call⌉ + ⌈50 candidates / 50 in a call⌉',
  });
});

test('with more calls fewer requests have all their answers in time, never more than the worst call allows', () => {
  expect(shareInTime([{ objective: 0.99, calls: 5 }])).toBeCloseTo(0.951, 3);
  const objective = fc.double({ min: 0.5, max: 0.9999, noNaN: true });
  const calls = fc.record({ objective, calls: fc.integer({ min: 1, max: 20 }) });
  fc.assert(
    fc.property(fc.array(calls, { minLength: 1, maxLength: 6 }), (all) => {
      const share = shareInTime(all);
      expect(share).toBeGreaterThan(0);
      expect(share).toBeLessThanOrEqual(Math.min(...all.map((one) => one.objective)));
    }),
  );
});

test('the sum is that of its parts, whatever the deadlines, and calls hold all candidates without one too many', () => {
  const cases = fc.record({
    first: fc.integer({ min: 1, max: 500 }),
    second: fc.integer({ min: 1, max: 500 }),
    candidates: fc.integer({ min: 1, max: 5000 }),
    batch: fc.integer({ min: 1, max: 5000 }),
  });
  fc.assert(
    fc.property(cases, ({ first, second, candidates, batch }) => {
      const shop = platform();
      const { retrieval, ranking } = stages(shop);
      const { stages: result, problems } = planned(
        recommendationFunnelSchema.shape.stages.parse({
          retrieval: { ...retrieval, deadline: `${first}ms`, candidates },
          ranking: {
            ...ranking,
            deadline: `${second}ms`,
            candidates: undefined,
            sources: ranking.sources.map((source) => ({ ...source, batch })),
          },
        }),
      );
      expect(problems).toEqual([]);
      expect(budgetOf(result, 10).totalMs).toBe(first + second + 10);
      const [source] = result.at(-1)?.sources ?? [];
      const [calls, size] = [source?.calls ?? 0, source?.candidates ?? 0];
      expect(calls * size).toBeGreaterThanOrEqual(candidates);
      expect((calls - 1) * size).toBeLessThan(candidates);
    }),
    { numRuns: 30 },
  );
});
