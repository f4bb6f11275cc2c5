import type { NetworkPolicySpec } from 'kubernetes-types/networking/v1';
import type { Platform } from '../../../lib';
import type { InferenceGraph } from '../../../lib/crds/kserve-graph';
import { objectsOf, platform, problemsOf, specOf } from '../fixtures';
import { funnel, server, stages } from './fixtures';

const withKserve = () => platform({ cluster: { kubernetes: '1.33', addons: ['kserve'] } });

/** Two retrievals, a filter in the API, and ranking. */
function graphOf(shop: Platform) {
  const { retrieval, ranking } = stages(shop);
  const [first] = retrieval.sources;
  const [ranker] = ranking.sources;
  if (first === undefined || ranker === undefined) throw new Error('there are no sources');
  return funnel(
    {
      inferenceGraph: true,
      stages: {
        retrieval: {
          ...retrieval,
          sources: [
            { ...first, path: '/v1/models/two-tower:predict' },
            { server: server(shop, 'similar'), path: '/search' },
          ],
        },
        filtering: { deadline: '5ms', fallback: 'fail' },
        ranking: { ...ranking, sources: [{ ...ranker, path: '/v2/models/dlrm/infer' }] },
      },
    },
    shop,
  );
}

test('stages are a sequence, sources at once an ensemble, and the API filters by itself', () => {
  const manifests = objectsOf(graphOf(withKserve()));
  expect(specOf<InferenceGraph['spec']>(manifests, 'InferenceGraph', 'home-graph').nodes).toEqual({
    root: {
      routerType: 'Sequence',
      steps: [
        { name: 'retrieval', nodeName: 'retrieval', data: '$request', dependency: 'Hard' },
        {
          name: 'ranking',
          serviceUrl: 'http://ranker.shop.svc:8080/v2/models/dlrm/infer',
          data: '$response',
          dependency: 'Hard',
        },
      ],
    },
    retrieval: {
      routerType: 'Ensemble',
      steps: [
        {
          name: 'retrieval',
          serviceUrl: 'http://retrieval.shop.svc:8080/v1/models/two-tower:predict',
          dependency: 'Hard',
        },
        { name: 'similar', serviceUrl: 'http://similar.shop.svc:8080/search', dependency: 'Hard' },
      ],
    },
  });
});

test('kserve#3149: it has no timeout, which would reach nobody', () => {
  expect(JSON.stringify(objectsOf(graphOf(withKserve())).get('InferenceGraph', 'home-graph'))).not.toMatch(/timeout/i);
});

test('its router may call the stages, and is found by the label that KServe gives it', () => {
  const manifests = objectsOf(graphOf(withKserve()));
  const labels = { 'serving.kserve.io/inferencegraph': 'home-graph' };
  for (const name of ['retrieval', 'similar', 'ranker']) {
    const egress = specOf<NetworkPolicySpec>(manifests, 'NetworkPolicy', `home-graph-to-${name}`);
    expect(egress).toMatchObject({ podSelector: { matchLabels: labels }, policyTypes: ['Egress'] });
    const ingress = specOf<NetworkPolicySpec>(manifests, 'NetworkPolicy', `${name}-from-home-graph`).ingress;
    expect(ingress?.[0]?.from).toEqual([{ podSelector: { matchLabels: labels } }]);
  }
});

test('without KServe, or with a source of which only the API knows the path, there is no graph', () => {
  expect(problemsOf(() => objectsOf(graphOf(platform())))).toEqual([
    '[shop/home] inferenceGraph must have KServe, but the cluster has none: add kserve to cluster.addons',
  ]);
  expect(problemsOf(() => objectsOf(funnel({ inferenceGraph: true }, withKserve())))).toEqual([
    '[shop/home] stages.retrieval.sources[0].path must be given for an InferenceGraph, but is missing',
    '[shop/home] stages.ranking.sources[0].path must be given for an InferenceGraph, but is missing',
  ]);
});

test('where the platform closes its namespace to the pods of the router, that is warned about', () => {
  const told = (shop: Platform) => objectsOf(graphOf(shop)).warnings.filter(({ text }) => /seccomp/.test(text)).length;
  expect(told(withKserve())).toBe(1);
  expect(told(platform({ ownNamespace: false, cluster: { kubernetes: '1.33', addons: ['kserve'] } }))).toBe(0);
});

test('there is none unless it is asked for', () => {
  expect(objectsOf(funnel({}, withKserve())).ofKind('InferenceGraph')).toEqual([]);
});
