import { ModelServer, PublicEndpoint } from '../../../lib';
import { model, objectsOf, own, platform, problemsOf } from '../fixtures';
import { items } from '../stores/fixtures';
import { configOf, funnel, stages } from './fixtures';

/** A funnel that searches an index of the vectors of two-tower 7, and asks a server for those of its queries. */
function searching(name: string, version: string) {
  const shop = platform();
  const index = items({}, shop);
  const encoder = new ModelServer(shop, 'retrieval', {
    model: model({ name, version, uri: 'pvc://models/two-tower' }),
    runtime: own(),
  });
  const { retrieval } = stages(platform());
  return funnel(
    {
      stages: { retrieval: { ...retrieval, sources: [{ server: index, port: 'http', path: '/collections' }] } },
      calls: { encoder },
    },
    shop,
  );
}

test('queries whose vectors come from another version of the model than the index are refused', () => {
  expect(problemsOf(() => objectsOf(searching('two-tower', '8')))).toEqual([
    "[shop/home] stages must search 'shop/items' by the model that made it, two-tower 7, got two-tower 8 of 'shop/retrieval': fill an index with that version beside this one, and switch both together",
  ]);
});

test.each([
  ['two-tower', '7'],
  ['another', '8'],
])('a server of %s %s is none of its business', (name, version) => {
  expect(problemsOf(() => objectsOf(searching(name, version)))).toEqual([]);
});

test('the API is told which collection to search, with the version of the model in its name', () => {
  const config = configOf(objectsOf(searching('two-tower', '7')));
  expect(config.stages[0]?.sources[0]).toMatchObject({ name: 'items', collection: 'items-two-tower-7' });
  expect(configOf(objectsOf(funnel())).stages[0]?.sources[0]).not.toHaveProperty('collection');
});

test('a funnel is reached from outside within a time that leaves it its deadline', () => {
  const shop = platform({ cluster: { kubernetes: '1.33', addons: ['gateway-api'] } });
  const home = funnel({}, shop);
  const props = {
    target: home,
    host: 'reco.example.com',
    path: '/v1',
    gateway: { name: 'public', namespace: 'gateways', listener: 'https' },
  } as const;
  expect(problemsOf(() => new PublicEndpoint(shop, 'public', { ...props, timeout: '150ms' }))).toEqual([
    "[shop/public] timeout must leave the target its deadline, 150ms + 10ms on the way = 160ms, got '150ms': raise it or shorten the deadline",
  ]);
  new PublicEndpoint(shop, 'open', { ...props, timeout: '200ms' });
  expect(objectsOf(home).get('HTTPRoute', 'open').spec).toMatchObject({
    rules: [{ backendRefs: [{ name: 'home', port: 8080 }] }],
  });
});
