import { render } from '../../../lib/synth/render';
import { synthesize } from '../../../lib/testing';
import { dependenciesOf, Journal } from './automation';
import { useStacks } from './fixture';
import { expectInCluster, labelOf, present } from './in-cluster';
import { platform } from './platform';

const fixture = useStacks();

const RANKER = 'shop/ranker/deployment';

const objects = () => synthesize(platform(fixture.namespace)).all;
/** What Pulumi counts: the objects, and the stack itself. */
const count = () => objects().length + 1;

test('up makes what preview announced, equal to what synth writes; the next up changes nothing; destroy leaves nothing', async () => {
  const { client, stack, program } = fixture;
  expect((await stack.preview({ program: program() })).changeSummary).toEqual({ create: count() });
  expect(await present(client, objects())).toEqual([]);

  expect((await stack.up({ program: program() })).summary.resourceChanges).toEqual({ create: count() });
  await expectInCluster(client, objects());

  expect((await stack.up({ program: program() })).summary.resourceChanges).toEqual({ same: count() });

  expect((await stack.destroy()).summary.resourceChanges).toEqual({ delete: count() });
  expect(await present(client, objects())).toEqual([]);
  expect(await dependenciesOf(stack)).toEqual({});
});

test('each object waits for those that it refers to, and for no others', async () => {
  const { stack, namespace, program } = fixture;
  await stack.up({ program: program() });
  const rendered = render(platform(namespace), { deferred: 'refuse' });
  const declared = rendered.map(({ path, dependsOn }) => [path, dependsOn.map((object) => object.path).sort()]);
  expect(await dependenciesOf(stack)).toEqual(Object.fromEntries(declared));
});

test('a new version of one model changes the Deployment that serves it and nothing else, in words a person can read', async () => {
  const { client, stack, namespace, program } = fixture;
  await stack.up({ program: program() });

  const preview = new Journal();
  const changed = program({ version: '43' });
  const { stdout } = await stack.preview({ program: changed, diff: true, color: 'never', onEvent: preview.onEvent });
  const steps = {
    [RANKER]: {
      op: 'update',
      paths: [
        'spec.template.metadata.labels["app.kubernetes.io/version"]',
        'spec.template.spec.initContainers[0].env[0].value',
      ],
    },
  };
  expect(preview.steps).toEqual(steps);
  expect(stdout).toMatch(/~ app\.kubernetes\.io\/version: "42" => "43"/);
  expect(stdout).toMatch(/~ value: "store:models\/dlrm\/42" => "store:models\/dlrm\/43"/);

  const up = new Journal();
  await stack.up({ program: changed, onEvent: up.onEvent });
  expect(up.steps).toEqual(steps);
  await expectInCluster(client, synthesize(platform(namespace, { version: '43' })).all);
});

test('refresh sees what was changed and deleted by hand, and the next up repairs it', async () => {
  const { client, stack, namespace, program } = fixture;
  await stack.up({ program: program() });
  expect((await stack.refresh()).summary.resourceChanges).toEqual({ same: count() });

  const metadata = { name: 'ranker', namespace };
  const autoscaler = { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata };
  await client.patch(autoscaler, { spec: { maxReplicas: 9 } });
  await client.delete({ apiVersion: 'v1', kind: 'Service', metadata });
  const { summary } = await stack.refresh();
  expect(summary.resourceChanges).toEqual({ same: count() - 2, update: 1, delete: 1 });

  const repair = new Journal();
  await stack.up({ program: program(), onEvent: repair.onEvent });
  expect(repair.steps).toEqual({
    'shop/ranker/autoscaler': { op: 'update', paths: ['spec.maxReplicas'] },
    'shop/ranker/service/Resource': { op: 'create', paths: [] },
  });
  await expectInCluster(client, objects());
});

test('an up that the server stops half way is finished by the next one, which leaves alone what was done', async () => {
  const { client, stack, namespace, program } = fixture;
  const refused = program({ transform: { deployment: { spec: { replicas: -1 } } } });
  await expect(stack.up({ program: refused })).rejects.toThrow(
    /spec\.replicas: Invalid value: -1: must be greater than or equal to 0/,
  );
  const rendered = render(platform(namespace), { deferred: 'refuse' });
  const made = await present(
    client,
    rendered.map(({ manifest }) => manifest),
  );
  const left = rendered.filter(({ manifest }) => !made.includes(labelOf(manifest))).map(({ path }) => path);
  expect(left).toEqual(expect.arrayContaining([RANKER, 'shop/ranker/autoscaler']));
  expect(left).not.toContain('shop/namespace');

  const second = new Journal();
  await stack.up({ program: program(), onEvent: second.onEvent });
  expect(second.steps).toEqual(Object.fromEntries(left.map((path) => [path, { op: 'create', paths: [] }])));
  await expectInCluster(client, objects());
});
