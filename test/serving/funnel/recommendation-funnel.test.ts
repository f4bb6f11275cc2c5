import { Construct } from 'constructs';
import type { DeploymentSpec } from 'kubernetes-types/apps/v1';
import {
  autoscaleOnResources,
  ModelServer,
  type Platform,
  RecommendationFunnel,
  type RecommendationFunnelProps,
  tensorflowServing,
} from '../../../lib';
import { derivationsOf } from '../../../lib/core/derivation';
import { observedFunnels, observedServers } from '../../../lib/core/observed';
import { funnelConfigSchema, funnelJsonSchema } from '../../../lib/serving/funnel';
import { matchers } from '../../../lib/testing';
import { containerOf, envOf, model, objectsOf, platform, podOf, problemsOf, specOf } from '../fixtures';
import { API, configOf, funnel, server, stages } from './fixtures';

expect.extend(matchers);

/** What is wrong with a funnel, at once or at synth. */
function refused(change: (shop: Platform) => object): string[] {
  const shop = platform();
  return problemsOf(() => objectsOf(funnel(change(shop) as Partial<RecommendationFunnelProps>, shop)));
}

const withRanking = (change: object) => (shop: Platform) => {
  const all = stages(shop);
  return { stages: { ...all, ranking: { ...all.ranking, ...change } } };
};
const withRetrieval = (change: object) => (shop: Platform) => {
  const all = stages(shop);
  return { stages: { ...all, retrieval: { ...all.retrieval, ...change } } };
};

describe('the API', () => {
  const manifests = objectsOf(funnel());
  const pod = podOf(manifests, 'home');
  const container = containerOf(pod);

  test('starts when it answers, and is restarted when it answers no more', () => {
    expect(container.startupProbe).toEqual({
      httpGet: { path: '/ready', port: 'http' },
      periodSeconds: 5,
      failureThreshold: 12,
    });
    expect(container.readinessProbe).toMatchObject({ httpGet: { path: '/ready' }, failureThreshold: 3 });
    expect(container.livenessProbe).toMatchObject({ httpGet: { path: '/live' }, failureThreshold: 6 });
  });

  test('is out of the endpoints before it is told to stop, and has time to finish', () => {
    expect(container.lifecycle).toEqual({ preStop: { sleep: { seconds: 10 } } });
    expect(pod.terminationGracePeriodSeconds).toBe(30);
  });

  test('runs without rights, without a token, and writes to /tmp only', () => {
    expect(pod).toMatchObject({ automountServiceAccountToken: false, enableServiceLinks: false });
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    expect(container.securityContext).toMatchObject({ readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } });
    expect(container.volumeMounts.flatMap(({ mountPath, readOnly }) => (readOnly ? [] : [mountPath]))).toEqual([
      '/tmp',
    ]);
  });

  test('is spread over zones and nodes, and evicted one pod at a time', () => {
    expect(pod.topologySpreadConstraints.map(({ topologyKey }) => topologyKey)).toEqual([
      'topology.kubernetes.io/zone',
      'kubernetes.io/hostname',
    ]);
    expect(manifests).toHaveObject('PodDisruptionBudget', 'home', { spec: { maxUnavailable: 1 } });
  });

  test('finds its configuration where a variable says', () => {
    expect(envOf(container)).toEqual({ RECSTACK_FUNNEL: '/etc/recstack/funnel.json' });
    expect(container.volumeMounts).toContainEqual({ name: 'config', mountPath: '/etc/recstack', readOnly: true });
    expect(pod.volumes).toContainEqual({ name: 'config', configMap: { name: 'home' } });
  });

  test('has its own variables, and those of Secrets by reference', () => {
    const secretEnv = { DB_PASSWORD: { name: 'shop-db', key: 'password' } };
    const { env } = containerOf(podOf(objectsOf(funnel({ api: { ...API, env: { LOG: 'info' }, secretEnv } })), 'home'));
    expect(env.slice(1)).toEqual([
      { name: 'LOG', value: 'info' },
      { name: 'DB_PASSWORD', valueFrom: { secretKeyRef: { name: 'shop-db', key: 'password' } } },
    ]);
  });

  test('starts anew when the configuration changes, and only then', () => {
    const checksum = (deadline: `${number}ms`) =>
      specOf<DeploymentSpec>(objectsOf(funnel({ deadline })), 'Deployment', 'home').template.metadata?.annotations;
    expect(checksum('150ms')).toEqual(checksum('150ms'));
    expect(checksum('160ms')).not.toEqual(checksum('150ms'));
  });

  test('is scaled by a policy instead of the fixed number, once', () => {
    const home = funnel();
    const policy = autoscaleOnResources({ replicas: [3, 9], cpu: '60%' });
    home.autoscale(policy);
    expect(specOf(objectsOf(home), 'Deployment', 'home')).not.toHaveProperty('replicas');
    expect(specOf(objectsOf(home), 'HorizontalPodAutoscaler', 'home')).toMatchObject({ minReplicas: 3 });
    expect(problemsOf(() => home.autoscale(policy))).toEqual([
      '[shop/home] autoscale must be called once: two autoscalers would fight over the replicas',
    ]);
  });
});

describe('what the API is told', () => {
  const config = configOf(objectsOf(funnel()));

  test('stages with deadlines in milliseconds, candidates, addresses, models and fallbacks', () => {
    expect(config.stages).toEqual([
      {
        name: 'retrieval',
        deadlineMs: 30,
        candidates: 500,
        sources: [
          {
            name: 'retrieval',
            address: 'retrieval.shop.svc:8080',
            deadlineMs: 30,
            candidates: 500,
            calls: 1,
            model: { name: 'retrieval', version: '7' },
          },
        ],
        fallback: { type: 'popular-items', file: '/data/popular.json' },
      },
      {
        name: 'ranking',
        deadlineMs: 60,
        candidates: 50,
        sources: [
          {
            name: 'ranker',
            address: 'ranker.shop.svc:8080',
            deadlineMs: 60,
            candidates: 200,
            calls: 3,
            model: { name: 'ranker', version: '7' },
          },
        ],
        fallback: { type: 'previous-order' },
      },
    ]);
  });

  test('kserve#3149, #4218, #1663: a call that timed out is not made again, and knows how long it may take', () => {
    expect(config).toMatchObject({ deadlineMs: 150, retries: 0, budgetHeader: 'x-envoy-expected-rq-timeout-ms' });
  });

  test('every deadline is a bound of a bucket, or a histogram could not show that it was kept', () => {
    expect(config.buckets.request).toContain(0.15);
    expect(config.buckets.stage).toEqual(expect.arrayContaining([0.03, 0.06]));
    for (const bounds of Object.values(config.buckets)) {
      expect(bounds).toEqual([...new Set(bounds)].sort((a, b) => a - b));
      expect(bounds.at(-1)).toBeGreaterThan(0.06);
    }
  });

  test('it is what the schema for TypeScript says, and the schema for other languages lies beside it', () => {
    expect(funnelConfigSchema.parse(config)).toEqual(config);
    const { data } = objectsOf(funnel()).get('ConfigMap', 'home');
    const schema = JSON.parse((data as Record<string, string>)['funnel.schema.json'] ?? '');
    expect(schema).toEqual(funnelJsonSchema());
    expect(Object.keys(schema.properties)).toEqual(Object.keys(funnelConfigSchema.shape));
    expect(schema.additionalProperties).toBe(false);
  });

  test('fallbacks that ask a store or a cache, and what else may be called', () => {
    const shop = platform();
    const all = stages(shop);
    const store = server(shop, 'store');
    const home = funnel(
      {
        stages: {
          retrieval: { ...all.retrieval, fallback: { popularItems: { store, key: 'popular/home' } } },
          filtering: { deadline: '5ms', fallback: 'unfiltered' },
          ranking: { ...all.ranking, fallback: { staleCache: { maxAge: '10m' } } },
        },
        calls: { features: server(shop, 'features') },
      },
      shop,
    );
    const told = configOf(objectsOf(home));
    expect(told.stages.map(({ fallback }) => fallback)).toEqual([
      { type: 'popular-items-of-store', address: 'store.shop.svc:8080', key: 'popular/home', deadlineMs: 5 },
      { type: 'unfiltered' },
      { type: 'stale-cache', maxAgeMs: 600_000 },
    ]);
    expect(told.stages[1]).toMatchObject({ candidates: 500, sources: [] });
    expect(told.calls).toEqual({ features: { http: 'features.shop.svc:8080' } });
  });
});

describe('what cannot work is refused', () => {
  const where = '[shop/home]';
  test.each([
    [
      'stages that do not fit into the deadline',
      () => ({ deadline: '100ms' }),
      `deadline must leave time for all stages, 30 retrieval + 60 ranking + 10 overhead = 100 ms, got '99ms'`,
      { deadline: '99ms', overhead: '10ms' },
    ],
  ])('%s', (_, fits, text, tooShort) => {
    expect(refused(fits)).toEqual([]);
    expect(refused(() => tooShort)).toEqual([`${where} ${text}: raise it, or give a stage less`]);
  });

  test.each<[string, (shop: Platform) => object, string]>([
    [
      'more candidates than come in',
      withRanking({ candidates: 501 }),
      'stages.ranking.candidates must be at most the 500 that retrieval lets through, got 501',
    ],
    [
      'more candidates than the sources of retrieval return',
      (shop) => withRetrieval({ sources: [{ server: server(shop, 'index'), candidates: 300 }] })(shop),
      'stages.retrieval.candidates must be at most the 300 that its sources return together, got 500',
    ],
    [
      'a source with more time than its stage',
      (shop) => withRetrieval({ sources: [{ server: server(shop, 'index'), deadline: '31ms' }] })(shop),
      "stages.retrieval.sources[0].deadline must be within the stage's '30ms', got '31ms'",
    ],
    [
      'a port that there is not',
      (shop) => withRetrieval({ sources: [{ server: server(shop, 'index'), port: 'htp' }] })(shop),
      "stages.retrieval.sources[0].port must be one of http, got 'htp': did you mean 'http'?",
    ],
    [
      'a stop that cuts requests off',
      () => ({ api: { ...API, drain: '100ms' } }),
      "api.drain must be at least the deadline of '150ms', got '100ms': requests would be cut off",
    ],
    [
      'a stage without a fallback',
      withRanking({ fallback: undefined }),
      "stages.ranking.fallback must be 'fail', 'previous-order', { popularItems } or { staleCache }, but is missing",
    ],
    [
      "retrieval that falls back to the previous stage's order",
      withRetrieval({ fallback: 'previous-order' }),
      "stages.retrieval.fallback must be 'fail', { popularItems } or { staleCache }, got 'previous-order'",
    ],
    [
      'ranking without anyone who ranks',
      withRanking({ sources: [] }),
      'stages.ranking.sources must have at least one source, got []',
    ],
    [
      'egress to everywhere',
      () => ({ egress: [{}] }),
      'egress[0] must be a rule of a network policy, { to, ports }, got {}: a rule with neither would open everything',
    ],
  ])('%s', (_, change, text) => {
    expect(refused(change)).toEqual([`${where} ${text}`]);
  });

  test('a fallback that asks what has just failed', () => {
    const shop = platform();
    const { retrieval, ranking } = stages(shop);
    const store = server(shop, 'index');
    const fallback = { popularItems: { store, key: 'popular' } };
    const all = { ranking, retrieval: { ...retrieval, sources: [{ server: store }], fallback } };
    expect(problemsOf(() => funnel({ stages: all }, shop))).toEqual([
      `${where} stages.retrieval.fallback must not ask 'shop/index', which the stage itself asks: when that fails, both do`,
    ]);
  });

  test('a deadline below what the server promises, at synth', () => {
    const change = (promised: number) => (shop: Platform) =>
      withRetrieval({ sources: [{ server: server(shop, 'index', promised) }] })(shop);
    expect(refused(change(30))).toEqual([]);
    expect(refused(change(31))).toEqual([
      `${where} stages.retrieval.sources[0] must have at least the '31ms' that 'index' promises to answer in, got '30ms': raise the deadline, or promise more in its slo`,
    ]);
  });

  test('two callers of one name', () => {
    const shop = platform();
    const home = funnel({}, shop);
    const caller = server(shop, 'gateway');
    home.allowFrom(caller);
    expect(problemsOf(() => home.allowFrom(caller))).toEqual([
      `${where} allowFrom must be called once for each peer, got 'shop/gateway' again: remove one of the calls`,
    ]);
  });
});

test('two funnels of the same last id call the same servers', () => {
  const shop = platform();
  const both = stages(shop);
  for (const id of ['web', 'app']) {
    const scope = new Construct(shop, id);
    new RecommendationFunnel(scope, 'home', { api: API, deadline: '150ms', stages: both });
  }
  const names = objectsOf(shop).all.map(({ metadata }) => metadata.name);
  expect(names).toEqual(expect.arrayContaining(['ranker-from-web-home', 'ranker-from-app-home']));
});

test.each([undefined, {}])('what is no policy or peer is refused: %p', (given) => {
  const shown = given === undefined ? 'nothing' : '{}';
  expect(problemsOf(() => funnel().autoscale(given as never))).toEqual([
    `[shop/home] autoscale must be given a policy, such as autoscaleOnResources({ replicas, cpu }), got ${shown}`,
  ]);
  expect(problemsOf(() => funnel().allowFrom(given as never))).toEqual([
    `[shop/home] allowFrom must be given pods, such as a ModelServer or Pods.select(…) of cdk8s-plus, got ${shown}`,
  ]);
});

test('a port is named where the one called http is not meant', () => {
  const shop = platform();
  const { retrieval } = stages(shop);
  const index = new ModelServer(shop, 'index', { model: model(), runtime: tensorflowServing({ version: '2.19.1' }) });
  const byGrpc = { ...retrieval, sources: [{ server: index, port: 'grpc' }] };
  expect(configOf(objectsOf(funnel({ stages: { retrieval: byGrpc } }, shop))).stages[0]?.sources[0]?.address).toBe(
    'index.shop.svc:8500',
  );
});

describe('what is tolerable is warned about', () => {
  const warningsOf = (change: (shop: Platform) => object) => {
    const shop = platform({ images: {}, production: false });
    const home = funnel(change(shop) as Partial<RecommendationFunnelProps>, shop);
    const { warnings } = objectsOf(home);
    return warnings.map(({ text }) => text);
  };
  const promising = (shop: Platform) =>
    withRanking({ sources: [{ server: server(shop, 'heavy', 50), batch: 50 }] })(shop);

  test('that many calls make the rare slow answer of a server a common one', () => {
    expect(warningsOf(promising)[0]).toBe(
      "objectives.withoutFallback is '95%', but the servers promise answers in time for 90.4% of requests only (0.99^10): lower it, raise deadlines, or make fewer calls",
    );
    const lower = (shop: Platform) => ({ ...promising(shop), objectives: { withoutFallback: '90%' } });
    expect(warningsOf(lower)).toEqual([expect.stringMatching(/^nobody may call/)]);
  });

  test('that nobody may call the API', () => {
    expect(warningsOf(() => ({}))).toEqual([
      'nobody may call the API: let a gateway or a program in with allowFrom(peer)',
    ]);
    const shop = platform({ production: false });
    const home = funnel({}, shop);
    home.allowFrom(server(shop, 'gateway'));
    expect(objectsOf(home).warnings).toEqual([]);
  });
});

test('the budget and the load of each server are told with their formulas', () => {
  expect(derivationsOf(funnel())[0]).toEqual({
    where: 'shop/home',
    derivations: [
      {
        what: 'time of the slowest good answer',
        value: '105ms',
        formula: '30 retrieval + 60 ranking + 15 overhead ≤ 150 ms',
      },
      { what: 'calls to shop/retrieval for each request', value: '1', formula: '1 query' },
      { what: 'calls to shop/ranker for each request', value: '3', formula: '⌈500 candidates / 200 in a call⌉' },
    ],
  });
});

test('monitoring knows the API as a server, with the deadline as its objective, and the funnel beside it', () => {
  const home = funnel();
  expect(observedServers(home)).toMatchObject([
    {
      name: 'home',
      metrics: { port: 'http', path: '/metrics' },
      slos: [
        { kind: 'latency', thresholdSeconds: 0.15, objective: 0.99 },
        { kind: 'availability', objective: 0.999 },
      ],
    },
  ]);
  expect(observedFunnels(home)).toEqual([
    {
      name: 'home',
      namespace: 'shop',
      deadlineSeconds: 0.15,
      stages: [
        { name: 'retrieval', deadlineSeconds: 0.03 },
        { name: 'ranking', deadlineSeconds: 0.06 },
      ],
      withoutFallback: 0.95,
    },
  ]);
});

test('proxies before it find its name, port and deadline', () => {
  const { name, port, deadlineSeconds } = funnel();
  expect({ name, port, deadlineSeconds }).toEqual({ name: 'home', port: 8080, deadlineSeconds: 0.15 });
});
