import { BEHAVIORS } from '../../lib/autoscaling/behavior';
import { climbSeconds, leadFormula, leadSeconds, type ScaleUpRules } from '../../lib/autoscaling/peaks-lead';

test.each([
  [{ reaction: 15, climb: 0, ready: 120 }, 300],
  [{ reaction: 75, climb: 0, ready: 120 }, 600],
  [{ reaction: 60, climb: 0, ready: 120 }, 300],
  [{ reaction: 15, climb: 90, ready: 600 }, 1500],
])('a lead has time to react, to climb, and twice to get ready: %j', (lead, seconds) => {
  expect(leadSeconds(lead)).toBe(seconds);
});

test('the formula that is shown gives the lead', () => {
  const lead = { reaction: 75, climb: 60, ready: 240 };
  const formula = leadFormula(lead);
  expect(formula).toBe('75 s reaction + 60 s climb + 2 × 240 s ready, in steps of 5 min');
  const [sum = ''] = formula.split(',');
  const value = sum.replace('×', '*').replace(/ s \w+/g, '');
  expect(Math.ceil(Number(new Function(`return ${value}`)()) / 300) * 300).toBe(leadSeconds(lead));
});

const pods = (value: number, periodSeconds: number) => ({ type: 'Pods', value, periodSeconds }) as const;

test.each<[string, number, number, ScaleUpRules, number]>([
  ['twice as many at once, as Kubernetes does', 6, 12, {}, 0],
  ['four times as many, in two steps', 6, 24, {}, 15],
  ['by the preset for sharp peaks', 6, 30, BEHAVIORS.responsive.scaleUp, 60],
  ['by the careful preset, in two steps', 6, 18, BEHAVIORS.steady.scaleUp, 60],
  ['by few each minute', 6, 12, { policies: [pods(2, 60)] }, 120],
  ['from none, by one first', 0, 4, { policies: [pods(1, 60)] }, 120],
  ['not at all', 6, 7, { selectPolicy: 'Disabled' }, Number.POSITIVE_INFINITY],
  ['nothing to climb', 6, 6, {}, 0],
])('the climb: %s', (_, from, to, rules, seconds) => {
  expect(climbSeconds(from, to, rules)).toBe(seconds);
});
