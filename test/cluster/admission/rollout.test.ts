import { App } from 'cdk8s';
import { ModelServer, Platform, triton } from '../../../lib';
import { synthesize } from '../../../lib/testing';
import { Client } from '../harness/client';
import { cluster } from '../harness/cluster';
import { addNodes, gpuNodes, removeNodes } from '../harness/nodes';
import { applyAll, deleteAll, type Pod, rolledOut } from '../harness/workloads';

const client = new Client(cluster());
// As many cards as the server has replicas: a pod of the new version has room only where one of the old has left.
const nodes = gpuNodes(1, { gpus: 2, type: 'nvidia-t4' });

beforeAll(() => addNodes(client, nodes));

const version = (model: string) => {
  const app = new App();
  const platform = new Platform(app, 'rollout', { cluster: { kubernetes: '1.37' } });
  new ModelServer(platform, 'ranker', {
    model: { name: 'dlrm', version: model, uri: `s3://models/dlrm/${model}`, size: '18Gi' },
    runtime: triton({ version: '25.08' }),
    gpu: { count: 1, type: 'nvidia-t4' },
    replicas: 2,
  });
  return synthesize(app).all;
};
afterAll(async () => {
  await deleteAll(client, version('42'));
  await removeNodes(client, nodes);
});

test('a new version of a model replaces the old one where all GPUs are taken', async () => {
  await applyAll(client, version('42'));
  await rolledOut(client, version('42'));
  await applyAll(client, version('43'));
  await rolledOut(client, version('43'));
  const pods = (await client.list<Pod>('v1', 'Pod', 'rollout')).filter(
    ({ metadata }) => metadata.deletionTimestamp === undefined,
  );
  expect(pods.map(({ metadata }) => metadata.labels?.['app.kubernetes.io/version'])).toEqual(['43', '43']);
});
