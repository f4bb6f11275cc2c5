import { BASELINES } from '../../../lib/capacity/simulation/baselines';
import { compare } from '../../../lib/capacity/simulation/compare';
import { autoscalerOf } from '../../../lib/capacity/simulation/manifests';
import type { Service } from '../../../lib/capacity/simulation/service';
import { external, times, traceOf } from './fixtures';

const SERVICE: Service = { capacity: 100, readySeconds: 120, metricWindow: 30 };

/** A day of a rise and a fall by a half around a mean, with a surge to three times as much within four minutes. */
const DAY = traceOf(
  Array.from({ length: 5760 }, (_, i) => {
    const surge = i > 1300 && i < 1700 ? Math.min(3, 1 + (i - 1300) / 8) : 1;
    return 3000 * (1 + 0.5 * Math.sin((2 * Math.PI * i) / 5760)) * surge;
  }),
);

test('the baselines are those that everyone knows', () => {
  expect(BASELINES.map(({ name }) => name)).toEqual([
    'HPA at CPU 80 %',
    'HPA at CPU 50 %',
    'requests per replica at 70 %',
    'static peak',
    'oracle',
  ]);
});

test('the oracle is the measure, the static peak fails nobody at a price, and CPU at 80 % fails many for less', () => {
  const rows = compare(DAY, SERVICE, BASELINES, { bounds: { fewest: 3 } });
  const of = (name: string) => {
    const row = rows.find((other) => other.name === name);
    if (row === undefined) throw new Error(`no ${name}`);
    return row;
  };
  expect(of('oracle')).toMatchObject({ overCapacity: 0, timesOracle: 1 });
  expect(of('static peak').overCapacity).toBe(0);
  expect(of('static peak').timesOracle).toBeGreaterThan(2);
  const [cpu80, cpu50, requests] = [of('HPA at CPU 80 %'), of('HPA at CPU 50 %'), of('requests per replica at 70 %')];
  expect(cpu80.overCapacity).toBeGreaterThan(0.05);
  expect(cpu80.timesOracle).toBeLessThan(1);
  // At the capacity it is 70 % of the CPU: half of it is 71 % of the capacity.
  expect(Math.abs(cpu50.timesOracle - requests.timesOracle)).toBeLessThan(0.05);
  expect(cpu50.overCapacity).toBeLessThan(0.02);
});

test('all start with what is needed until a further replica is ready', () => {
  const rows = compare(traceOf([100, ...times(7, 900), ...times(20, 2000)]), SERVICE, [
    { name: 'held', autoscaler: () => ({ sync: (_, { specReplicas }) => specReplicas }) },
  ]);
  // The eighth tick after the first is the first that one of now would be ready for.
  expect(rows[0]?.replay.wanted[0]).toBe(20);
});

test('a ceiling limits all but the oracle, and candidates are told of the bounds', () => {
  const seen: unknown[] = [];
  const bounds = { fewest: 2, most: 5 };
  const rows = compare(
    traceOf(times(40, 1000)),
    SERVICE,
    [
      ...BASELINES,
      {
        name: 'policy',
        autoscaler: (...all) => {
          seen.push(all[2]);
          const spec = { minReplicas: all[2].fewest, maxReplicas: all[2].most, metrics: [external('requests', '50')] };
          return autoscalerOf([{ apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', ...{ spec } }]);
        },
      },
    ],
    { bounds },
  );
  expect(seen).toEqual([bounds]);
  expect(rows.map(({ replay }) => Math.max(...replay.wanted))).toEqual([5, 5, 5, 5, 10, 5]);
});

test('no requests, none over capacity', () => {
  expect(compare(traceOf(times(4, 0)), SERVICE).map(({ overCapacity }) => overCapacity)).toEqual([0, 0, 0, 0, 0]);
});
