import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inOwnFolder, recstack } from './recstack';

const own = inOwnFolder();

const plan = (env: string) => recstack('plan', '--stack', 'main', '--env', env);

test('a plan has the objects of each workload and its numbers, aligned, with their formulas', () => {
  const { code, out } = plan('production');
  expect(code).toBe(0);
  expect(out.split('\n\n')[2]).toBe(
    [
      'shop/ranker: ConfigMap, Deployment, HorizontalPodAutoscaler, NetworkPolicy, PodDisruptionBudget, Service, ServiceAccount',
      '  pull                                   738s  2 × 18Gi / 50Mi/s',
      '  startupProbe                           305s  2 × (18Gi / 200Mi/s + 60s warm-up)',
      '  progressDeadlineSeconds               1643s  600s node and image + 738s pull + 305s start',
      '  terminationGracePeriodSeconds           45s  10s preStop + 30s drain + 5s exit',
      '  /dev/shm                                1Gi  what triton shares, within memory',
      '  GPU memory                     18 of 22 GiB  18Gi in 22.5 GiB − 0.5 GiB for CUDA',
      '  autoscaler 4 → 40 replicas             105s  100 % per 30s or 4 per 30s, whichever is more',
      '  autoscaler 40 → 20 replicas             10m  once needed for 5m, 10 % per 1m or 1 per 1m, whichever is more',
      '  autoscaler GPUs at most                  40  40 replicas × 1 GPU',
    ].join('\n'),
  );
});

test.each(['dev', 'production'])('what %s asks of the cluster, and its warnings, are those of synth', (env) => {
  const { out, err } = plan(env);
  const written = recstack('synth', '--stack', 'main', '--env', env);
  expect(out.split('\n').slice(-3)).toEqual(written.out.split('\n').slice(-3));
  expect(err).toBe(written.err);
});

test('nothing is written', () => {
  plan('production');
  expect(readdirSync(own.folder).sort()).toEqual(['environments', 'main.ts']);
});

test('what is wrong is reported as by synth, and ends with 1', () => {
  const file = join(own.folder, 'environments/dev.yaml');
  writeFileSync(file, readFileSync(file, 'utf8').replace('size: 200Mi', 'size: 200MB'));
  const { code, out, err } = plan('dev');
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(err).toMatch(
    /^\[environments\/dev\.yaml:19\] retrieval\.model\.size must be an amount.*\n1 problem; nothing was written\n$/,
  );
  expect(err).toBe(recstack('synth', '--stack', 'main', '--env', 'dev').err);
});

test('a name that leads elsewhere is refused, and a folder to write to is no option', () => {
  expect(plan('../elsewhere').err).toMatch(/^\[--env\] must be a name /);
  expect(recstack('plan', '--out', 'dist').err).toContain("error: unknown option '--out'");
});
