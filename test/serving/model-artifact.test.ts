import * as pulumi from '@pulumi/pulumi';
import { gcsUri, ModelArtifact, type ModelArtifactProps, ossUri, s3Uri } from '../../lib';
import { splitAtPlaceholders } from '../../lib/core/deferred';
import { isImmutable, locationOf } from '../../lib/serving/model-artifact';
import { model, problemsOf } from './fixtures';

const wrong = (props: Partial<Record<keyof ModelArtifactProps, unknown>>) =>
  problemsOf(() => model(props as Partial<ModelArtifactProps>));
const SHA256 = 'a'.repeat(64);
const URI_RULE =
  "[model dlrm] uri must be where the model's files lie, like 's3://bucket/dlrm/42', 'gs://…', 'oss://…', " +
  "'oci://registry/dlrm@sha256:…', 'hf://org/model@commit' or 'pvc://claim/dlrm/42'";
const URI_HINT = 'for a bucket that is only known at apply, use s3Uri(bucket, path)';

test('a model that says only what it must has no checksum, no embedding tables, and the store of its cloud', () => {
  const artifact = ModelArtifact.of({ name: 'dlrm', version: '42', uri: 's3://models/dlrm/42', size: '18Gi' });
  expect(artifact).toEqual({
    name: 'dlrm',
    version: '42',
    uri: 's3://models/dlrm/42',
    size: '18Gi',
    embeddings: [],
    store: {},
  });
});

test('everything that can be said of a model is kept', () => {
  const props: ModelArtifactProps = {
    name: 'two_tower.v2-beta',
    version: '2025-11-02',
    uri: 's3://models/two-tower/2025-11-02',
    size: '500M',
    embeddings: [
      {
        name: 'users',
        rows: 7_000_000_000,
        dimension: 64,
        type: 'fp16',
        layout: 'hash',
        hostCache: '50%',
        gpuCache: '5%',
      },
    ],
    sha256: SHA256,
    store: {
      endpoint: 'https://minio.shop.svc:9000',
      region: 'eu-central-1',
      credentials: { accessKeyId: { name: 'minio', key: 'id' }, secretAccessKey: { name: 'minio', key: 'secret' } },
    },
  };
  expect(ModelArtifact.of(props)).toEqual(props);
});

test('a model that was checked can be checked again', () => {
  expect(ModelArtifact.of(model())).toEqual(model());
});

test('the parts of an address are its scheme, its bucket or claim, and the path below', () => {
  const locate = (uri: ModelArtifactProps['uri']) => locationOf(model({ uri }));
  expect(locate('s3://models/dlrm/42')).toEqual({ scheme: 's3', place: 'models', path: 'dlrm/42' });
  expect(locate('gs://models/dlrm')).toEqual({ scheme: 'gs', place: 'models', path: 'dlrm' });
  expect(locate('pvc://claim/a/b/c.d')).toEqual({ scheme: 'pvc', place: 'claim', path: 'a/b/c.d' });
});

test('an address of another scheme, without a path, with a slash at its end or a blank is refused', () => {
  for (const uri of [
    'http://x/y',
    's3://models',
    's3://models/',
    's3:///dlrm',
    's3://models/dlrm/',
    's3://mo dels/x',
  ]) {
    expect(wrong({ uri })).toEqual([`${URI_RULE}, got '${uri}': ${URI_HINT}`]);
  }
});

test.each(['pvc://claim//dlrm', 'pvc://claim/../other', 'pvc://claim/a/../../b'])(
  'a path on a claim that leaves the claim is refused: %s',
  (uri) => expect(wrong({ uri })).toHaveLength(1),
);

test.each(['s3://models//dlrm', 'gs://models/../other/dlrm', 'oss://models/dlrm/./42'])(
  'a path in a bucket that rclone would read as another one is refused: %s',
  (uri) => expect(wrong({ uri })).toContain(`${URI_RULE}, got '${uri}': ${URI_HINT}`),
);

const COMMIT = '0123456789abcdef0123456789abcdef01234567';
const DIGEST = `sha256:${SHA256}` as const;
const credentials = { accessKeyId: { name: 'oss', key: 'id' }, secretAccessKey: { name: 'oss', key: 'secret' } };

test('a model may lie in OSS, in an image and on the hub', () => {
  const locate = (props: Partial<ModelArtifactProps>) => locationOf(model(props));
  expect(locate({ uri: 'oss://models/dlrm/42', store: { region: 'cn-hangzhou', credentials } })).toEqual({
    scheme: 'oss',
    place: 'models',
    path: 'dlrm/42',
  });
  expect(locate({ uri: `oci://localhost:5000/shop/dlrm@${DIGEST}` })).toEqual({
    scheme: 'oci',
    place: 'localhost:5000',
    path: `shop/dlrm@${DIGEST}`,
  });
  expect(locate({ uri: `hf://Qwen/Qwen3-8B@${COMMIT}` })).toEqual({
    scheme: 'hf',
    place: 'Qwen',
    path: `Qwen3-8B@${COMMIT}`,
  });
});

test.each([
  'oci://registry.example.com/dlrm:42',
  'oci://registry.example.com/dlrm@sha256:abc',
  `oci://registry.example.com/DLRM@${DIGEST}`,
])('an image without a digest, or with a name that none has, is refused: %s', (uri) => {
  expect(wrong({ uri })).toEqual([
    `[model dlrm] uri must be an image with its digest, like 'oci://registry.example.com/dlrm@sha256:…', got '${uri.slice(0, 56)}${uri.length > 58 ? '…' : "'"}: a tag may move`,
  ]);
});

test.each(['hf://org/model', 'hf://org/model@main', `hf://org/model@${COMMIT.slice(1)}`, `hf://org/a/b@${COMMIT}`])(
  'a model of the hub without a commit is refused, since branches move: %s',
  (uri) => {
    const [problem] = wrong({ uri });
    expect(problem).toContain(
      "uri must be a model of the hub at a commit of 40 hex digits, like 'hf://org/model@0123…cdef', got 'hf://org/",
    );
    expect(problem).toMatch(/: a branch or a tag may move$/);
  },
);

test('OSS needs keys, and a region from which its address follows', () => {
  expect(wrong({ uri: 'oss://models/dlrm' })).toEqual([
    "[model dlrm] store.region must be given with oss://, like 'cn-hangzhou': the address of the store follows from it",
    '[model dlrm] store.credentials must be given with oss://: rclone knows no roles of Alibaba Cloud (RRSA)',
  ]);
  expect(wrong({ uri: 'oss://models/dlrm', store: { endpoint: 'https://oss.example.com', credentials } })).toEqual([]);
});

test.each([
  ['s3://models/dlrm', 'which takes endpoint, region, credentials'],
  ['gs://models/dlrm', 'which has no settings of a store'],
] as const)('a token of the hub for %s is refused', (uri, takes) => {
  expect(wrong({ uri, store: { token: { name: 'hub', key: 'token' } } })).toEqual([
    `[model dlrm] store.token must be left out with ${uri.slice(0, 5)}, ${takes}`,
  ]);
});

test('the hub takes the address of a mirror and a token, and no keys', () => {
  const uri = `hf://org/model@${COMMIT}` as const;
  const token = { name: 'hub', key: 'token' };
  expect(model({ uri, store: { endpoint: 'https://mirror.example.com', token } }).store.token).toEqual(token);
  expect(wrong({ uri, store: { credentials } })).toEqual([
    '[model dlrm] store.credentials must be left out with hf://, which takes endpoint, token',
  ]);
});

test('a checksum of an image is refused: nothing could check it but its own digest', () => {
  expect(wrong({ uri: `oci://registry.example.com/dlrm@${DIGEST}`, sha256: SHA256 })).toEqual([
    '[model dlrm] sha256 must be left out with oci://, where the digest of the image is checked',
  ]);
});

test.each([
  ['s3://models/dlrm', undefined, false],
  ['s3://models/dlrm', SHA256, true],
  [`hf://org/model@${COMMIT}`, undefined, true],
  [`oci://registry.example.com/dlrm@${DIGEST}`, undefined, true],
  ['pvc://claim/dlrm', undefined, false],
] as const)('%s with the checksum %s is immutable: %s', (uri, sha256, immutable) => {
  expect(isImmutable(model({ uri, sha256 }))).toBe(immutable);
});

test('a claim whose name no claim can have is refused', () => {
  expect(wrong({ uri: 'pvc://My_Claim/dlrm' })).toHaveLength(1);
});

test('names and versions are identifiers that fit into a label', () => {
  const of = "of letters, digits, '_', '.' and '-', at most 63";
  expect(wrong({ name: 'dl rm' })).toEqual([`[model dl rm] name must be a model's name ${of}, got 'dl rm'`]);
  expect(wrong({ name: '-dlrm' })).toHaveLength(1);
  expect(wrong({ name: 'dlrm.' })).toHaveLength(1);
  expect(wrong({ name: '../dlrm' })).toHaveLength(1);
  expect(wrong({ name: 'x'.repeat(64) })).toHaveLength(1);
  expect(wrong({ name: 'x'.repeat(63) })).toEqual([]);
  expect(wrong({ version: '' })).toHaveLength(1);
});

test('a version that YAML made a number is refused, with the hint to quote it', () => {
  expect(wrong({ version: 42 })).toEqual([
    "[model dlrm] version must be a version in quotes of letters, digits, '_', '.' and '-', at most 63, got 42: " +
      'a server must know which model it serves, so that it can be rolled back',
  ]);
});

test('a size needs a unit and must not be nothing', () => {
  const rule = "[model dlrm] size must be an amount with a unit, like '64Gi' or '500M', got";
  const hint = 'units are Ki Mi Gi Ti Pi and k M G T P';
  expect(wrong({ size: '18' })).toEqual([`${rule} '18': ${hint}`]);
  expect(wrong({ size: '0Gi' })).toEqual([`${rule} '0Gi': ${hint}`]);
  expect(wrong({ size: '18GB' })).toEqual([`${rule} '18GB': ${hint}`]);
  expect(wrong({ size: 18 })).toEqual([`${rule} 18: ${hint}`]);
});

test('a checksum is 64 lower-case hex digits', () => {
  for (const sha256 of [SHA256.toUpperCase(), SHA256.slice(1), `sha256:${SHA256}`, `${SHA256}  -`]) {
    expect(wrong({ sha256 })[0]).toContain('sha256 must be a SHA-256 of 64 hex digits, got');
  }
});

test('the address of a store is a URL', () => {
  expect(wrong({ store: { endpoint: 'minio:9000' } })).toEqual([
    "[model dlrm] store.endpoint must be a URL, got 'minio:9000'",
  ]);
});

test.each(['http://:9000', 'https://minio:99999', 'http://['])(
  'an endpoint that is no URL is refused: %s',
  (endpoint) => {
    expect(wrong({ store: { endpoint } })).toHaveLength(1);
  },
);

test.each(['gs://models/dlrm', 'pvc://claim/dlrm'])('settings of an S3 store for %s are refused', (uri) => {
  expect(wrong({ uri, store: { endpoint: 'https://minio:9000' } })).toHaveLength(1);
});

test('a key where a reference to a Secret is expected is refused and not shown', () => {
  const problems = wrong({
    store: { credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'hunter2' } },
  });
  const rule =
    'must be a reference to a Secret, { name, key }, got a plain string (not shown here): put the value into';
  expect(problems).toEqual([
    `[model dlrm] store.credentials.accessKeyId ${rule} a Secret and name it`,
    `[model dlrm] store.credentials.secretAccessKey ${rule} a Secret and name it`,
  ]);
  expect(problems.join()).not.toMatch(/AKIA|hunter2/);
});

test('half a pair of keys is refused', () => {
  expect(wrong({ store: { credentials: { accessKeyId: { name: 'minio', key: 'id' } } } })).toEqual([
    '[model dlrm] store.credentials.secretAccessKey must be a reference to a Secret, { name, key }, but is missing',
  ]);
});

test('an unknown prop is named, with what it may have been', () => {
  expect(wrong({ sha: SHA256 } as never)).toEqual([
    '[model dlrm] sha is not known (known: name, version, uri, size, embeddings, sha256, store)',
  ]);
});

test('a bucket whose name is known is written into the address', () => {
  expect(s3Uri('models', 'dlrm/42')).toBe('s3://models/dlrm/42');
  expect(gcsUri('models', 'dlrm/42')).toBe('gs://models/dlrm/42');
  expect(ossUri('models', 'dlrm/42')).toBe('oss://models/dlrm/42');
});

test.each([
  ['s3', s3Uri],
  ['gs', gcsUri],
] as const)('a bucket that is only known at apply stands in the address of %s as a placeholder', (scheme, uriOf) => {
  const bucket = pulumi.output('models');
  const artifact = model({ uri: uriOf(bucket, 'dlrm/42') });
  expect(splitAtPlaceholders(artifact.uri)).toEqual([`${scheme}://`, bucket, '/dlrm/42']);
  const { place, path } = locationOf(artifact);
  expect(splitAtPlaceholders(place)).toEqual([bucket]);
  expect(path).toBe('dlrm/42');
});

test.each([
  ['s3Uri', s3Uri],
  ['gcsUri', gcsUri],
  ['ossUri', ossUri],
] as const)(
  'from JavaScript, %s refuses a bucket or a path that is none, and never writes `undefined`',
  (name, uriOf) => {
    const nothing: never = undefined as never;
    expect(problemsOf(() => uriOf(nothing, Number.NaN as never))).toEqual([
      `[${name}] bucket must be the name of a bucket, but is missing`,
      `[${name}] path must be the folder of the model in the bucket, got NaN`,
    ]);
  },
);

test('an endpoint may be known only at apply', () => {
  const endpoint = pulumi.output('https://minio.shop.svc:9000');
  const { store } = model({ store: { endpoint } });
  expect(splitAtPlaceholders(store.endpoint ?? '')).toEqual([endpoint]);
});

test('an address, a version, a size, a checksum and a region must be known', () => {
  const later = pulumi.output('x');
  const problems = wrong({ uri: later, version: later, size: later, sha256: later, store: { region: later } });
  const known = 'but is a Pulumi Output, known only at apply';
  expect([...new Set(problems)]).toEqual([
    `[model dlrm] version must be a version in quotes of letters, digits, '_', '.' and '-', at most 63, ${known}: ` +
      'a server must know which model it serves, so that it can be rolled back',
    `${URI_RULE}, ${known}: ${URI_HINT}`,
    `[model dlrm] size must be an amount with a unit, like '64Gi' or '500M', ${known}: ` +
      'units are Ki Mi Gi Ti Pi and k M G T P',
    `[model dlrm] sha256 must be a SHA-256 of 64 hex digits, ${known}`,
    `[model dlrm] store.region must be the name of a region, ${known}`,
  ]);
});

test('a deferred value in the wrong place is told once', () => {
  const problems = wrong({ version: pulumi.output('42') });
  expect(problems).toEqual([...new Set(problems)]);
});

test('a deferred name is refused in one line', () => {
  expect([...new Set(wrong({ name: pulumi.output('dlrm') }))]).toHaveLength(1);
});

test('no props at all, and no name, are refused in the house form', () => {
  expect(problemsOf(() => ModelArtifact.of(undefined as never))).toHaveLength(1);
  expect(problemsOf(() => ModelArtifact.of({} as never)).join()).not.toContain('undefined');
});

test('an Output that was joined to a string by hand is refused', () => {
  const uri = `s3://${pulumi.output('models')}/dlrm/42`;
  expect(wrong({ uri })).toEqual([
    `${URI_RULE}, but a Pulumi Output was joined to a string: use pulumi.interpolate: ${URI_HINT}`,
  ]);
});
