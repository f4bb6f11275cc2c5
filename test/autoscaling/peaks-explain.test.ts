import { explainPeaks } from '../../lib/autoscaling/peaks-explain';
import { type Event, peaksOf, SERVER } from './peaks-fixtures';

const SALE: Event = { name: 'double-11', every: 'year', start: '11-10T20:00', end: '11-12T02:00', multiple: 5 };
const EVENING: Event = { name: 'evening', every: 'day', start: '19:00', end: '23:30', replicas: 9, lead: '30m' };
const ONCE: Event = { name: 'opening', start: '2026-09-01T10:00', end: '2026-09-01T20:00', replicas: 30 };

const REPLICAS = { what: 'peak double-11, replicas', value: '30 replicas', formula: '5 × 6 replicas' };
const LEAD = { value: '10m', formula: '75 s reaction + 0 s climb + 2 × 120 s ready, in steps of 5 min' };

test('the derived numbers are shown, the given ones are not', () => {
  expect(explainPeaks(peaksOf([SALE, EVENING]), SERVER, 'jobs')).toEqual([
    REPLICAS,
    { what: 'peak double-11, lead', ...LEAD },
  ]);
});

test('of cron triggers, the replicas that they want are shown too, and of a peak of once, which is none, what Jobs do', () => {
  expect(explainPeaks(peaksOf([SALE, ONCE]), SERVER, 'cron-triggers')).toEqual([
    REPLICAS,
    { what: 'peak double-11, desiredReplicas', value: '32', formula: '⌊(30 − 1) × (1 + 0.1 tolerance)⌋ + 1' },
    {
      what: 'peak double-11, lead',
      value: '5m',
      formula: '15 s reaction + 30 s climb + 2 × 120 s ready, in steps of 5 min',
    },
    { what: 'peak opening, lead', ...LEAD },
  ]);
});

test('a tolerance of its own is reckoned with', () => {
  const [wanted] = explainPeaks(peaksOf([EVENING]), { ...SERVER, tolerance: 0 }, 'cron-triggers');
  expect(wanted).toEqual({
    what: 'peak evening, desiredReplicas',
    value: '9',
    formula: '⌊(9 − 1) × (1 + 0 tolerance)⌋ + 1',
  });
});
