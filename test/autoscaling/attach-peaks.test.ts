import { autoscaleOnDemand, type PeaksProps } from '../../lib';
import { derivationsOf } from '../../lib/core/derivation';
import { scaledBelow } from '../../lib/core/scaled';
import { problemsOf, ranker } from '../serving/fixtures';
import { monitored, scaled, scaledObjectOf, withKeda } from './fixtures';

const peaks: PeaksProps = {
  timeZone: 'Asia/Shanghai',
  events: [
    { name: 'double-11', every: 'year', start: '11-10T20:00', end: '11-12T02:00', lead: '30m', multiple: 5 },
    { name: 'opening', start: '2026-12-01T10:00', end: '2026-12-01T12:00', replicas: 9 },
  ],
};
const perReplica = { rps: 220, readyAfter: '120s' } as const;

test('KEDA holds up replicas in what repeats by a cron trigger, beside the metrics', () => {
  expect(scaledObjectOf(scaled({ peaks, perReplica }, withKeda())).triggers).toEqual([
    expect.objectContaining({ type: 'prometheus', name: 'requests' }),
    {
      type: 'cron',
      name: 'peak-1',
      metadata: {
        timezone: 'Asia/Shanghai',
        start: '30 19 10 11 *',
        end: '0 2 12 11 *',
        // 15, past the 10 % that an autoscaler leaves as they are.
        desiredReplicas: '16',
      },
    },
  ]);
});

test('with KEDA, CPU alone and a peak make a ScaledObject: an HPA could not hold up replicas', () => {
  const { triggers } = scaledObjectOf(scaled({ requests: undefined, cpu: '60%', peaks, perReplica }, withKeda()));
  expect(triggers.map(({ type }) => type)).toEqual(['cpu', 'cron']);
});

test.each([
  ['KEDA leaves what is once to a CronJob: a cron has no year', withKeda, ['ranker-opening']],
  ['without KEDA CronJobs see to all peaks', monitored, ['ranker-double-11', 'ranker-opening']],
])('%s', (_, shop, names) => {
  const jobs = scaled({ peaks, perReplica }, shop()).all.filter(({ kind }) => kind === 'CronJob');
  expect([...new Set(jobs.map(({ metadata }) => metadata.name.replace(/-\d$/, '')))]).toEqual(names);
});

test.each([
  [
    'with KEDA, climbing by the rules',
    withKeda,
    '5m',
    '15 s reaction + 0 s climb + 2 × 120 s ready, in steps of 5 min',
  ],
  ['without it, past them', monitored, '10m', '75 s reaction + 0 s climb + 2 × 120 s ready, in steps of 5 min'],
])('the plan tells how a lead came about: %s', (_, shop, value, formula) => {
  const app = shop();
  const [event] = peaks.events.map((peak) => ({ ...peak, lead: undefined }));
  const own = { ...peaks, events: event === undefined ? [] : [{ ...event, multiple: 2 }] };
  ranker({}, app).autoscale(autoscaleOnDemand({ replicas: [3, 40], requests: 180, peaks: own, perReplica }));
  const lead = derivationsOf(app)
    .flatMap(({ derivations }) => derivations)
    .find(({ what }) => what === 'peak double-11, lead');
  expect(lead).toEqual({ what: 'peak double-11, lead', value, formula });
});

test('a replay is told when how many replicas are held up', () => {
  const shop = monitored();
  ranker({}, shop).autoscale(autoscaleOnDemand({ replicas: [3, 40], requests: 180, peaks, perReplica }));
  const startsAt = Date.UTC(2026, 10, 10) / 1000;
  const [found] = scaledBelow(shop);
  // 19:30 in Shanghai, half an hour before the start, until 2:00 two days later.
  expect(found?.server.floors?.({ startsAt, from: 0, until: 172_800 })).toEqual([
    { from: 41_400, until: 151_200, replicas: 15 },
  ]);
});

test('a peak above the ceiling is refused with its numbers', () => {
  const attach = () =>
    ranker({}, monitored()).autoscale(autoscaleOnDemand({ replicas: [3, 12], requests: 180, peaks, perReplica }));
  expect(problemsOf(attach)).toEqual([
    "[shop/ranker] peaks.events[0].multiple must need at most the 12 replicas that there may be, got 5 × 3 = 15 for 'double-11': raise the most replicas, or plan for fewer",
  ]);
});
