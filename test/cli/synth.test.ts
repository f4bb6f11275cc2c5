import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inOwnFolder, REPOSITORY, recstack } from './recstack';

const PRODUCTION = readFileSync(join(REPOSITORY, 'stacks/environments/production.yaml'), 'utf8');

const own = inOwnFolder();

const synth = (env: string) => recstack('synth', '--stack', 'main', '--env', env);

/** Every file below a folder with its content. */
function contents(root: string): Record<string, string> {
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(files.map(({ parentPath, name }) => [name, readFileSync(join(parentPath, name), 'utf8')]));
}

test('synth writes an environment into its folder and says what it asks of the cluster', () => {
  const { code, out, err } = synth('dev');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toBe(
    [
      'dist/dev/shop.yaml: 51 objects',
      'at rest 6 pods ask for 1.01 CPU, 4.3 GiB of memory',
      'at most 11 pods ask for 3.02 CPU, 11.3 GiB of memory',
      '',
    ].join('\n'),
  );
  expect(readdirSync(join(own.folder, 'dist/dev'))).toEqual(['.recstack-files', 'shop.yaml']);
});

test('without a name it is production, whose tolerable flaws are warned about', () => {
  const { code, err } = recstack('synth', '--stack', 'main');
  expect(code).toBe(0);
  expect(err.split('\n').filter((line) => !line.startsWith('warning [shop'))).toEqual(['']);
  expect(err).toContain(
    "warning [shop] image 'rclone/rclone:1.74.4' has no digest: add it to images.lock, so that what was tested is what runs\n",
  );
});

test('two runs give the same bytes', () => {
  synth('production');
  const first = contents(join(own.folder, 'dist'));
  synth('production');
  expect(contents(join(own.folder, 'dist'))).toEqual(first);
});

test('digests of images.lock reach the manifests, and the warnings end', () => {
  const digest = `sha256:${'0'.repeat(64)}`;
  writeFileSync(join(own.folder, 'environments/images.lock'), `"tensorflow/serving:2.19.1": ${digest}\n`);
  const { err } = synth('production');
  expect(readFileSync(join(own.folder, 'dist/production/shop.yaml'), 'utf8')).toContain(
    `image: tensorflow/serving:2.19.1@${digest}\n`,
  );
  expect(err).not.toContain('tensorflow/serving');
});

/** Changes to production.yaml that break it, and what is said of each. */
const BROKEN: readonly [what: string, from: string, to: string, problems: readonly string[]][] = [
  [
    'an unknown key',
    'gpu: { count: 1, type: nvidia-l4 }',
    'gpus: { count: 1, type: nvidia-l4 }',
    [
      "[environments/bad.yaml:30] ranker.gpus is not known: did you mean 'gpu'? (known: model, gpu, resources, startup, slo, autoscaling, budget, runtime)",
    ],
  ],
  [
    'a wrong unit',
    'size: 18Gi',
    'size: 18GB',
    [
      "[environments/bad.yaml:29] ranker.model.size must be an amount with a unit, like '64Gi' or '500M', got '18GB': units are Ki Mi Gi Ti Pi and k M G T P",
    ],
  ],
  [
    'negative minimum replicas',
    'replicas: [4, 40]',
    'replicas: [-4, 40]',
    ['[environments/bad.yaml:34] ranker.autoscaling.replicas[0] must be a whole number of replicas, 0 or more, got -4'],
  ],
  [
    'zero minimum replicas',
    'replicas: [4, 40]',
    'replicas: [0, 40]',
    [
      "[environments/bad.yaml:33] ranker.autoscaling.wakeUp must be given with no replicas at least, but is missing: say how long the first requests may wait and where they are counted, like { within: '3m', requests: 'sum(rate(…[1m]))' }, or keep 1 or more",
      '[environments/bad.yaml:33] ranker.autoscaling.requests must be given with no replicas at least, but is missing: what is measured at replicas is not there without any',
    ],
  ],
  [
    'a minimum above the maximum',
    'replicas: [4, 40]',
    'replicas: [41, 40]',
    ['[environments/bad.yaml:34] ranker.autoscaling.replicas must not have its minimum above its maximum, got [41,40]'],
  ],
  [
    'half a GPU',
    'gpu: { count: 1, type: nvidia-l4 }',
    'gpu: { count: 0.5, type: nvidia-l4 }',
    [
      '[environments/bad.yaml:30] ranker.gpu.count must be a whole number of GPUs, from 1 to 16, got 0.5: a container gets whole cards; take a smaller type instead',
    ],
  ],
  [
    'a name of 80 characters',
    'claim: checkpoints',
    `claim: ${'c'.repeat(80)}`,
    [
      `[environments/bad.yaml:59] retraining.checkpoints.claim must be a name of at most 63 lower-case letters, digits and '-', from a letter to a letter or digit, got '${'c'.repeat(56)}…`,
    ],
  ],
  [
    'a model without version',
    'name: dlrm, version: "42", ',
    'name: dlrm, ',
    [
      "[environments/bad.yaml:29] ranker.model.version must be a version in quotes of letters, digits, '_', '.' and '-', at most 63, but is missing: a server must know which model it serves, so that it can be rolled back",
    ],
  ],
  [
    'a Kubernetes version that lacks a feature',
    'behavior: steady\n',
    'behavior: steady\n    tolerance: 5%\n',
    ['[shop/reranker/autoscaler] tolerance must run on Kubernetes 1.35 or newer, got 1.33: leave it out'],
  ],
  [
    'a Kubernetes version that is too old for the library',
    'kubernetes: "1.33"',
    'kubernetes: "1.28"',
    [
      `[environments/bad.yaml:8] cluster.kubernetes must be a Kubernetes version from '1.30' to '1.37', in quotes, got '1.28': in YAML write "1.30", not 1.30, which is the number 1.3`,
    ],
  ],
  [
    'a plain string where a secret reference is expected',
    'webhook: { name: alert-webhook, key: url }',
    'webhook: https://hooks.example.com/T0p-S3cret',
    [
      '[environments/bad.yaml:67] monitoring.alertmanager.webhook must be a reference to a Secret, { name, key }, got a plain string (not shown here): put the value into a Secret and name it',
    ],
  ],
  [
    'a claim that the environment does not make',
    'checkpoints: { size: 500Gi',
    'chkpoints: { size: 500Gi',
    [
      "[environments/bad.yaml:59] retraining.checkpoints.claim must be on a claim of this environment, got 'checkpoints': add it to claims (chkpoints so far)",
    ],
  ],
  [
    'a claim that every JavaScript object seems to have',
    'claim: checkpoints',
    'claim: constructor',
    [
      "[environments/bad.yaml:59] retraining.checkpoints.claim must be on a claim of this environment, got 'constructor': add it to claims (checkpoints so far)",
    ],
  ],
  [
    'a claim that a JavaScript object would lose',
    'checkpoints: { size: 500Gi',
    '__proto__: { size: 500Gi',
    ["[environments/bad.yaml:14] must not have the key '__proto__': rename it"],
  ],
  [
    'a model on a claim whose name is none',
    's3://shop-models/dlrm/42',
    'pvc://Models/dlrm/42',
    [
      "[environments/bad.yaml:29] ranker.model.uri must be where the model's files lie, like 's3://bucket/dlrm/42', 'gs://…', 'oss://…', 'oci://registry/dlrm@sha256:…', 'hf://org/model@commit' or 'pvc://claim/dlrm/42', got 'pvc://Models/dlrm/42': for a bucket that is only known at apply, use s3Uri(bucket, path)",
    ],
  ],
  [
    'a claim that one node at a time can write to, for several nodes',
    'shared: true, ',
    '',
    [
      "[environments/bad.yaml:59] retraining.checkpoints.claim must be on a shared claim, since 4 nodes write to it, got 'checkpoints': set claims.checkpoints.shared",
    ],
  ],
  [
    'data on a claim that is not there',
    'checkpoints: { claim: checkpoints,',
    'data: { clicks: { claim: clicks } }\n  checkpoints: { claim: checkpoints,',
    [
      "[environments/bad.yaml:59] retraining.data.clicks.claim must be on a claim of this environment, got 'clicks': add it to claims (checkpoints so far)",
    ],
  ],
  [
    'a GPU type that the cluster does not have, and no metrics to scale on: both are said',
    'addons: [metrics-server]\n  gpus: [nvidia-l4, nvidia-l40s, nvidia-a100-80gb]',
    'gpus: [nvidia-l4, nvidia-l40s]',
    [
      '[shop/retrieval/autoscaler] must have CPU and memory metrics, but the cluster has no metrics-server: add it to cluster.addons',
      '[shop/ranker/autoscaler] must have CPU and memory metrics, but the cluster has no metrics-server: add it to cluster.addons',
      '[shop/reranker/autoscaler] must have CPU and memory metrics, but the cluster has no metrics-server: add it to cluster.addons',
      "[shop/ranker-retraining] gpuType must be a type of GPU in the cluster, got 'nvidia-a100-80gb', but it has nvidia-l4, nvidia-l40s: add it to cluster.gpus or take another",
    ],
  ],
];

test.each(BROKEN)('%s ends with 1, and the older output stays as it was', (_what, from, to, problems) => {
  const output = join(own.folder, 'dist', 'bad');
  mkdirSync(output, { recursive: true });
  writeFileSync(join(output, 'shop.yaml'), 'older\n');
  expect(PRODUCTION).toContain(from);
  writeFileSync(join(own.folder, 'environments/bad.yaml'), PRODUCTION.replace(from, to));
  const { code, out, err } = synth('bad');
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  expect(err.split('\n')).toEqual([...problems, `${count}; nothing was written`, '']);
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(contents(output)).toEqual({ 'shop.yaml': 'older\n' });
});

test('the errors of a file are reported together', () => {
  const all = BROKEN.filter(([, , , problems]) => problems[0]?.startsWith('[environments')).slice(0, 7);
  const broken = all.reduce((text, [, from, to]) => text.replace(from, to), PRODUCTION);
  writeFileSync(join(own.folder, 'environments/bad.yaml'), broken);
  const { err } = synth('bad');
  // Three of the changes are to the same place, so that only the first of them takes effect.
  expect(err).toMatch(/\n4 problems; nothing was written\n$/);
});

test('a broken images.lock and a bad environment are reported together', () => {
  writeFileSync(join(own.folder, 'environments/bad.yaml'), PRODUCTION.replace('size: 18Gi', 'size: 18GB'));
  writeFileSync(join(own.folder, 'environments/images.lock'), '"tensorflow/serving:2.19.1": none\n');
  expect(synth('bad').err.split('\n')).toEqual([
    expect.stringMatching(/^\[environments\/bad\.yaml:29\] ranker\.model\.size must be an amount/),
    expect.stringMatching(/^\[environments\/images\.lock:1\] tensorflow\/serving:2\.19\.1 must be a digest/),
    '2 problems; nothing was written',
    '',
  ]);
});

test('an images.lock of nothing but comments has no digests', () => {
  writeFileSync(join(own.folder, 'environments/images.lock'), '# "image:tag": sha256:…\n');
  expect(synth('dev').code).toBe(0);
});

test('an output folder that is a file is refused, and stays', () => {
  writeFileSync(join(own.folder, 'notes'), 'mine');
  expect(recstack('synth', '--stack', 'main', '--env', 'dev', '--out', 'notes')).toEqual({
    code: 1,
    out: '',
    err: "[notes/dev] must be a folder that can be written, but the system says 'not a directory' (ENOTDIR): mend that or choose another\n1 problem; nothing was written\n",
  });
  expect(readFileSync(join(own.folder, 'notes'), 'utf8')).toBe('mine');
});

test.each([
  [
    '../elsewhere',
    "[--env] must be a name of at most 63 lower-case letters, digits and '-', from a letter to a letter or digit, got '../elsewhere'",
  ],
  [
    'stagin',
    "[environments/stagin.yaml] must be an environment file, but does not exist; there are dev, edge, production, staging: did you mean 'staging'?",
  ],
])('the environment %s is refused', (env, message) => {
  expect(synth(env)).toEqual({ code: 1, out: '', err: `${message}\n1 problem; nothing was written\n` });
});

test('a program that is missing, or exports no stack, is refused', () => {
  writeFileSync(join(own.folder, 'other.js'), 'module.exports = {};\n');
  expect(recstack('synth', '--stack', 'nothing').err).toBe(
    '[nothing] must be the file of a stack, but there is no nothing.ts or nothing.js: name it by --stack\n1 problem; nothing was written\n',
  );
  expect(recstack('synth', '--stack', 'other').err).toBe(
    '[other] must export a Stack: `export default new Stack({ … })`\n1 problem; nothing was written\n',
  );
});

test('an unknown command or option ends with 1 and says what there is', () => {
  expect(recstack('sinth')).toMatchObject({ code: 1, out: '' });
  expect(recstack('sinth').err).toContain("error: unknown command 'sinth'\n(Did you mean synth?)");
  expect(recstack('synth', '--environment', 'dev').err).toContain("error: unknown option '--environment'");
  expect(recstack('--help').code).toBe(0);
});
