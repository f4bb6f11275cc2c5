import { gangEnv, isOwnedVariable, RENDEZVOUS_PORT, torchrunEnv } from '../../lib/training/torchrun';

const env = (props: Partial<Parameters<typeof torchrunEnv>[0]> = {}) =>
  torchrunEnv({ nodes: 4, gpusPerNode: 8, domain: 'retraining.shop.svc.cluster.local', restarts: 3, ...props });

test('several nodes meet at the first by c10d, under the name of their run, as often as there are retries', () => {
  expect(env()).toEqual([
    { name: 'JOB_NAME', valueFrom: { fieldRef: { fieldPath: "metadata.labels['batch.kubernetes.io/job-name']" } } },
    { name: 'PET_NNODES', value: '4' },
    { name: 'PET_NPROC_PER_NODE', value: '8' },
    { name: 'PET_RDZV_BACKEND', value: 'c10d' },
    { name: 'PET_RDZV_ENDPOINT', value: '$(JOB_NAME)-0.retraining.shop.svc.cluster.local:29500' },
    { name: 'PET_RDZV_ID', value: '$(JOB_NAME)' },
    { name: 'PET_MAX_RESTARTS', value: '3' },
  ]);
});

test('a variable comes before those that refer to it: Kubernetes would leave $(JOB_NAME) as it is', () => {
  const names = env().map(({ name }) => name);
  const users = env().filter(({ value }) => value?.includes('$(JOB_NAME)'));
  expect(users).toHaveLength(2);
  for (const { name } of users) expect(names.indexOf(name)).toBeGreaterThan(names.indexOf('JOB_NAME'));
});

test('an elastic rendezvous is told neither ranks nor a master: it hands them out anew after each failure', () => {
  const names = env().map(({ name }) => name);
  for (const name of ['PET_NODE_RANK', 'PET_MASTER_ADDR', 'PET_MASTER_PORT']) expect(names).not.toContain(name);
});

test('with fewer nodes at least, the group forms with as many as are there', () => {
  expect(env({ minNodes: 2 })).toContainEqual({ name: 'PET_NNODES', value: '2:4' });
  expect(env({ minNodes: 4 })).toContainEqual({ name: 'PET_NNODES', value: '4' });
  expect(env({ minNodes: 2 }).filter(({ name }) => name !== 'PET_NNODES')).toEqual(
    env().filter(({ name }) => name !== 'PET_NNODES'),
  );
});

test('a node alone looks for nobody', () => {
  expect(env({ nodes: 1, gpusPerNode: 2 })).toEqual([
    { name: 'PET_NNODES', value: '1' },
    { name: 'PET_NPROC_PER_NODE', value: '2' },
    { name: 'PET_STANDALONE', value: '1' },
  ]);
});

test('a gang that starts again as a whole meets at a fixed place, with the rank of each, and repairs nothing (trainer#2000)', () => {
  expect(gangEnv({ nodes: 4, gpusPerNode: 8, master: 'retraining-node-0-0.retraining' })).toEqual([
    { name: 'PET_NNODES', value: '4' },
    { name: 'PET_NPROC_PER_NODE', value: '8' },
    {
      name: 'PET_NODE_RANK',
      valueFrom: { fieldRef: { fieldPath: "metadata.labels['batch.kubernetes.io/job-completion-index']" } },
    },
    { name: 'PET_MASTER_ADDR', value: 'retraining-node-0-0.retraining' },
    { name: 'PET_MASTER_PORT', value: '29500' },
    { name: 'PET_MAX_RESTARTS', value: '0' },
  ]);
});

test.each([1, 4])('on CPU there is one process on each of %d nodes', (nodes) => {
  expect(env({ nodes, gpusPerNode: 0 })).toContainEqual({ name: 'PET_NPROC_PER_NODE', value: '1' });
});

test("the port is torchrun's own default", () => {
  expect(RENDEZVOUS_PORT).toBe(29500);
});

test.each([
  ...['PET_NNODES', 'PET_ANYTHING_NEW', 'MASTER_ADDR', 'MASTER_PORT', 'RANK', 'WORLD_SIZE', 'LOCAL_RANK', 'JOB_NAME'],
])('%s belongs to the library', (name) => {
  expect(isOwnedVariable(name)).toBe(true);
});

test.each(['NCCL_DEBUG', 'RANKER', 'MY_PET_NNODES', 'PETS', 'HOME', 'pet_nnodes'])('%s is free', (name) => {
  expect(isOwnedVariable(name)).toBe(false);
});
