import { Slo } from '../../lib';
import type { ObservedServer } from '../../lib/core/observed';
import { selectorOf } from '../../lib/core/server-query';
import { type AlertRule, alertRules } from '../../lib/monitoring/alerts';
import { MEAN, METRICS, server } from './fixtures';

/** The rules about a server, by their name. */
function rulesOf(observed: ObservedServer): Record<string, AlertRule> {
  const [, ...rules] = alertRules('shop', [observed]).groups[0]?.rules ?? [];
  return Object.fromEntries(rules.map((rule) => [rule.alert, rule]));
}

const ALL = 'sum(rate(good{namespace="shop",job="ranker"}[5m])) or vector(0)';
const BAD = 'sum(rate(bad{namespace="shop",job="ranker"}[5m]))';
/** The requests per second of all kinds. */
const REQUESTS = `((${ALL}) + (${BAD} or vector(0)))`;
const FAST = Slo.latency({ under: '50ms', objective: '99%' });

test('the time series of a server are those of its namespace and its job', () => {
  expect(selectorOf(server())).toEqual({ namespace: 'shop', job: 'ranker' });
});

test('one alert always fires, so that silence is noticed', () => {
  expect(alertRules('shop', [])).toEqual({
    groups: [
      {
        name: 'shop-servers',
        rules: [
          {
            alert: 'Watchdog',
            expr: 'vector(1)',
            labels: { severity: 'none', platform: 'shop' },
            annotations: {
              summary: 'Alerting works',
              description: 'This alert always fires. When it stops arriving, alerting itself is broken.',
            },
          },
        ],
      },
    ],
  });
});

test('a server with all metrics and objectives has an alert of each kind', () => {
  expect(Object.keys(rulesOf(server({}, [FAST])))).toEqual([
    ...['ModelServerDown', 'ModelServerMemoryNearLimit', 'ModelServerErrors', 'ModelServerSlow'],
  ]);
});

test('a server without metrics has an alert about what the kubelet knows, and no other', () => {
  expect(Object.keys(rulesOf(server({ metrics: undefined }, [FAST])))).toEqual(['ModelServerMemoryNearLimit']);
});

test('every alert about a server says which, and where; whoever is called reads a summary and a description', () => {
  for (const observed of [server({}, [FAST]), server({ metrics: undefined })]) {
    for (const rule of Object.values(rulesOf(observed))) {
      expect(rule.labels).toMatchObject({ platform: 'shop', server: 'ranker' });
      expect(['critical', 'warning']).toContain(rule.labels.severity);
      expect(rule.annotations.summary).not.toBe('');
      expect(rule.annotations.description).not.toBe('');
      expect(rule.for).toMatch(/^\d+m$/);
    }
  }
});

test('a server is down when no replica has been reached for five minutes, also when none is known', () => {
  expect(rulesOf(server()).ModelServerDown).toEqual({
    alert: 'ModelServerDown',
    expr: 'absent(up{namespace="shop",job="ranker"} == 1)',
    for: '5m',
    labels: { severity: 'critical', platform: 'shop', server: 'ranker' },
    annotations: {
      summary: 'No replica of ranker answers',
      description: 'For 5 minutes Prometheus has reached no replica of ranker in shop.',
    },
  });
});

const POD = 'namespace="shop",pod=~"ranker-[a-z0-9]+-[a-z0-9]{5}",container="server"';

test('memory is held against the limit of the same container; without a limit there is nothing to come near to', () => {
  expect(rulesOf(server()).ModelServerMemoryNearLimit).toEqual({
    alert: 'ModelServerMemoryNearLimit',
    expr: `container_memory_working_set_bytes{${POD}} / (container_spec_memory_limit_bytes{${POD}} > 0) > 0.95`,
    for: '10m',
    labels: { severity: 'warning', platform: 'shop', server: 'ranker' },
    annotations: {
      summary: 'A replica of ranker is about to run out of memory',
      description: 'Pod {{ $labels.pod }} has used {{ $value | humanizePercentage }} of its memory for 10 minutes.',
    },
  });
});

test('errors of a server without an objective are too many at a twentieth, if there is traffic at all', () => {
  expect(rulesOf(server()).ModelServerErrors).toEqual({
    alert: 'ModelServerErrors',
    expr: `${BAD} / ${REQUESTS} > 0.05 and ${REQUESTS} > 0.1`,
    for: '2m',
    labels: { severity: 'critical', platform: 'shop', server: 'ranker' },
    annotations: {
      summary: 'ranker fails too many requests',
      description: '{{ $value | humanizePercentage }} of its requests fail; 5 % is the bound.',
    },
  });
});

// 14.4 × (1 − objective); below 93.06 % it is 1 or more, which no share of errors exceeds: sloth and others never fire.
test.each([
  ['99.99%', 0.00144, '0.144 %'],
  ['99.9%', 0.0144, '1.44 %'],
  ['99%', 0.144, '14.4 %'],
  ['97%', 0.432, '43.2 %'],
  ['96.5%', 0.5, '50 %'],
  ['95%', 0.5, '50 %'],
  ['93.06%', 0.5, '50 %'],
  ['90%', 0.5, '50 %'],
  ['50%', 0.5, '50 %'],
  ['1%', 0.5, '50 %'],
] as const)(
  'an availability of %s is burnt too fast at %d of the requests, which can happen',
  (objective, bound, words) => {
    const rule = rulesOf(server({}, [FAST, Slo.availability({ objective })])).ModelServerErrors;
    expect(rule?.expr).toBe(`${BAD} / ${REQUESTS} > ${bound} and ${REQUESTS} > 0.1`);
    expect(rule?.annotations.description).toBe(
      `{{ $value | humanizePercentage }} of its requests fail; ${words} is the bound.`,
    );
    expect(bound).toBeLessThan(1);
  },
);

test('shares of errors need both counters', () => {
  const { errors, requests, ...rest } = METRICS;
  expect(rulesOf(server({ metrics: { ...rest, requests } }))).not.toHaveProperty('ModelServerErrors');
  expect(rulesOf(server({ metrics: { ...rest, errors } }))).not.toHaveProperty('ModelServerErrors');
});

test('of a histogram the quantile of the objective is held against its bound, in seconds, under traffic', () => {
  expect(rulesOf(server({}, [FAST])).ModelServerSlow).toEqual({
    alert: 'ModelServerSlow',
    expr: `histogram_quantile(0.99, sum by (le) (rate(latency_bucket{namespace="shop",job="ranker"}[5m]))) / 1000 > 0.05 and ${REQUESTS} > 0.1`,
    for: '10m',
    labels: { severity: 'warning', objective: '0.99', platform: 'shop', server: 'ranker' },
    annotations: {
      summary: 'ranker answers too slowly',
      description:
        'The 99 % quantile of its latency has been {{ $value | humanizeDuration }} for 10 minutes; 50ms is the bound.',
    },
  });
});

test('where there is just a mean, it is the mean, and the alert says so', () => {
  const rule = rulesOf(server({ metrics: { ...METRICS, latency: MEAN } }, [FAST])).ModelServerSlow;
  const rate = (name: string) => `sum(rate(${name}{namespace="shop",job="ranker"}[5m]))`;
  expect(rule?.expr).toBe(`${rate('spent')} / ${rate('good')} / 1000000 > 0.05 and ${REQUESTS} > 0.1`);
  expect(rule?.annotations.description).toMatch(/^The mean of its latency has been /);
});

test('without a count of requests nothing tells whether there is traffic, and the bound stands alone', () => {
  const { requests: _, ...metrics } = METRICS;
  expect(rulesOf(server({ metrics }, [FAST])).ModelServerSlow?.expr).toMatch(/ \/ 1000 > 0\.05$/);
});

test('several objectives for latency make an alert each, which Alertmanager can tell apart', () => {
  const slos = [Slo.latency({ under: '10ms', objective: '50%' }), FAST];
  const rules = (alertRules('shop', [server({}, slos)]).groups[0]?.rules ?? []).filter(
    ({ alert }) => alert === 'ModelServerSlow',
  );
  expect(rules.map(({ expr }) => expr.slice(0, 23))).toEqual(['histogram_quantile(0.5,', 'histogram_quantile(0.99']);
  expect(rules.map(({ labels }) => labels.objective)).toEqual(['0.5', '0.99']);
});

test('nobody is told of latency that nobody promised, or that nobody measures', () => {
  const { latency: _, ...metrics } = METRICS;
  expect(rulesOf(server({}, [Slo.availability({ objective: '99%' })]))).not.toHaveProperty('ModelServerSlow');
  expect(rulesOf(server({ metrics }, [FAST]))).not.toHaveProperty('ModelServerSlow');
});

test('each server has its own rules, in one group', () => {
  const { groups } = alertRules('shop', [server(), server({ name: 'retrieval', metrics: undefined })]);
  expect(groups).toHaveLength(1);
  expect(groups[0]?.rules.map(({ alert, labels }) => [alert, labels.server])).toEqual([
    ['Watchdog', undefined],
    ['ModelServerDown', 'ranker'],
    ['ModelServerMemoryNearLimit', 'ranker'],
    ['ModelServerErrors', 'ranker'],
    ['ModelServerMemoryNearLimit', 'retrieval'],
  ]);
});
