import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { Client } from './client';
import type { Cluster } from './cluster';
import { eventually } from './eventually';
import { cpuNodes, gpuNodes } from './nodes';

/** A test run of its own: starts a control plane, tells where it is, and waits. */
const RUN = `
  require('./global-setup').default().then(() => {
    console.log(process.env.RECSTACK_TEST_CLUSTER);
    setInterval(() => {}, 1000);
  });
`;

test.each(['SIGKILL', 'SIGINT'] as const)(
  'a run that is ended by %s leaves no program and no folder',
  async (signal) => {
    const run = spawn(process.execPath, ['-r', 'tsx/cjs', '-e', RUN], {
      cwd: __dirname,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [line] = await once(createInterface(run.stdout), 'line');
    const cluster: Cluster = JSON.parse(line);
    const client = new Client(cluster);
    await client.request('GET', '/readyz');
    run.kill(signal);
    await eventually(async () => {
      await expect(client.request('GET', '/readyz')).rejects.toThrow('ECONNREFUSED');
      expect(existsSync(dirname(cluster.kubeconfig))).toBe(false);
    });
  },
);

test('nodes are dealt to zones, carry what they are asked for, and GPU nodes keep other pods off', () => {
  const zones = cpuNodes(4).map(({ metadata }) => metadata.labels?.['topology.kubernetes.io/zone']);
  expect(zones).toEqual(['zone-a', 'zone-b', 'zone-c', 'zone-a']);
  const [node] = gpuNodes(1, { gpus: 8, type: 'nvidia-l4' });
  expect(node).toMatchObject({
    metadata: { name: 'nvidia-l4-0', labels: { 'nvidia.com/gpu.product': 'NVIDIA-L4' } },
    spec: { taints: [{ key: 'nvidia.com/gpu', effect: 'NoSchedule' }] },
    status: { allocatable: { 'nvidia.com/gpu': '8' } },
  });
});
