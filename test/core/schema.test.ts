import * as pulumi from '@pulumi/pulumi';
import { z } from 'zod';
import { placeholderOf } from '../../lib/core/deferred';
import { nameSchema } from '../../lib/core/names';
import { InvalidInput } from '../../lib/core/problem';
import {
  deferrableText,
  instance,
  must,
  oneOf,
  oneOfMaps,
  parse,
  pattern,
  propPath,
  shortOrMap,
  text,
  wholeNumber,
} from '../../lib/core/schema';

test('a rule becomes the sentence: what it must, what was given, what to do', () => {
  const rule = must('be a whole number of GPUs, 1 or more', 'share a card with gpu.sharing');
  expect(rule({ input: 0.5 })).toBe(
    'must be a whole number of GPUs, 1 or more, got 0.5: share a card with gpu.sharing',
  );
  expect(rule({ input: undefined })).toBe(
    'must be a whole number of GPUs, 1 or more, but is missing: share a card with gpu.sharing',
  );
  expect(must('be a name')({ input: 'X' })).toBe("must be a name, got 'X'");
});

test.each([
  [0, '0'],
  [0.5, '0.5'],
  [-1.5, '-1.5'],
  ['3', "'3'"],
  [null, 'null'],
  [1n, '1'],
  [2 ** 53, '9007199254740992'],
])('%p is no whole number of replicas', (given, shown) => {
  const replicas = wholeNumber({ min: 1, of: 'replicas', hint: 'scaling to none needs KEDA' });
  expect(() => parse(replicas, given, 'x')).toThrow(
    new Error(`[x] must be a whole number of replicas, 1 or more, got ${shown}: scaling to none needs KEDA`),
  );
});

test('a whole number is taken from the first to the last of its range', () => {
  const port = wholeNumber({ min: 1, max: 65535, of: 'a port' });
  expect(parse(port, 1, 'x')).toBe(1);
  expect(parse(port, 65535, 'x')).toBe(65535);
  expect(() => parse(port, 65536, 'x')).toThrow(
    new Error('[x] must be a whole number of a port, from 1 to 65535, got 65536'),
  );
  expect(() => parse(port, undefined, 'x')).toThrow(
    new Error('[x] must be a whole number of a port, from 1 to 65535, but is missing'),
  );
});

test('a whole number without a greatest is at most what Kubernetes can count', () => {
  const replicas = wholeNumber({ min: 1, of: 'replicas', hint: 'scaling to none needs KEDA' });
  expect(parse(replicas, 2_147_483_647, 'x')).toBe(2_147_483_647);
  expect(() => parse(replicas, 2_147_483_648, 'x')).toThrow(
    new Error('[x] must be a whole number of replicas, at most 2147483647, got 2147483648: scaling to none needs KEDA'),
  );
});

test('text is any string but the empty one', () => {
  const schema = text('the name of a key');
  expect(parse(schema, '\n', 'x')).toBe('\n');
  expect(() => parse(schema, '', 'x')).toThrow(new Error("[x] must be the name of a key, got ''"));
  expect(() => parse(schema, 5, 'x')).toThrow(new Error('[x] must be the name of a key, got 5'));
});

test('text must be known now: an Output is refused by name, not by its placeholder', () => {
  expect(() => parse(text('the name of a key'), pulumi.output('k'), 'x')).toThrow(
    new Error('[x] must be the name of a key, but is a Pulumi Output, known only at apply'),
  );
  expect(() => parse(text('the name of a key'), `pre-${placeholderOf(pulumi.output('k'))}`, 'x')).toThrow(
    new Error('[x] must be the name of a key, but is a Pulumi Output, known only at apply'),
  );
});

test('deferrable text takes an Output, also inside a longer string; what is known now is checked', () => {
  const schema = deferrableText('a bucket', (value) => value.startsWith('s3://'), "like 's3://models'");
  const bucket = pulumi.output('models');
  expect(parse(schema, bucket, 'x')).toBe(placeholderOf(bucket));
  expect(parse(schema, `s3://${placeholderOf(bucket)}`, 'x')).toBe(`s3://${placeholderOf(bucket)}`);
  expect(parse(schema, 's3://models', 'x')).toBe('s3://models');
  expect(() => parse(schema, 'models', 'x')).toThrow(
    new Error("[x] must be a bucket, got 'models': like 's3://models'"),
  );
});

test('deferrable text is not empty unless its own check says so', () => {
  expect(() => parse(deferrableText('a host'), '', 'x')).toThrow(new Error("[x] must be a host, got ''"));
  const anything = deferrableText('a host', () => true);
  expect(parse(anything, '', 'x')).toBe('');
});

test('an Output that was joined to a string by hand is refused, also where an Output may be', () => {
  const anything = deferrableText('a bucket', () => true);
  expect(() => parse(anything, `s3://${pulumi.output('models')}`, 'x')).toThrow(
    new Error('[x] must be a bucket, but a Pulumi Output was joined to a string: use pulumi.interpolate'),
  );
});

test('an Output that was joined to a string by hand is refused where text must be known', () => {
  expect(() => parse(text('a label'), `pre-${pulumi.output('models')}`, 'x')).toThrow(
    new Error('[x] must be a label, but a Pulumi Output was joined to a string: use pulumi.interpolate'),
  );
});

test('a pattern checks the shape, and what has the shape by its own rule', () => {
  const even = pattern(/^\d+$/, must('be an even number'), (value) => Number(value) % 2 === 0);
  expect(parse(even, '42', 'x')).toBe('42');
  expect(() => parse(even, '41', 'x')).toThrow(new Error("[x] must be an even number, got '41'"));
  expect(() => parse(even, 42, 'x')).toThrow(new Error('[x] must be an even number, got 42'));
});

test('a pattern reports a value once, however much is wrong with it', () => {
  const even = pattern(/^\d+$/, must('be an even number'), (value) => Number(value) % 2 === 0);
  expect(() => parse(even, 'x1', 'x')).toThrow(new Error("[x] must be an even number, got 'x1'"));
});

test('a pattern reports an Output once', () => {
  const digits = pattern(/^\d+$/, must('be digits'));
  expect(() => parse(digits, pulumi.output('1'), 'x')).toThrow(
    new Error('[x] must be digits, but is a Pulumi Output, known only at apply'),
  );
});

test('a whole number that is far too large is reported once', () => {
  expect(() => parse(wholeNumber({ min: 1, max: 8, of: 'GPUs' }), 1e21, 'x')).toThrow(
    new Error('[x] must be a whole number of GPUs, from 1 to 8, got 1e+21'),
  );
});

test.each([
  ['metric-server', ": did you mean 'metrics-server'?"],
  ['Keda', ": did you mean 'keda'?"],
  ['ked', ": did you mean 'keda'?"],
  ['prometheus', ''],
  ['', ''],
])('the wrong word %j is answered with all words%s', (given, suggestion) => {
  expect(() => parse(oneOf(['metrics-server', 'keda']), given, 'x')).toThrow(
    new Error(`[x] must be one of metrics-server, keda, got '${given}'${suggestion}`),
  );
});

test('a word that is missing, or no string, is answered with all words', () => {
  expect(() => parse(oneOf(['a', 'b']), undefined, 'x')).toThrow(new Error('[x] must be one of a, b, but is missing'));
  expect(() => parse(oneOf(['a', 'b']), 5, 'x')).toThrow(new Error('[x] must be one of a, b, got 5'));
  expect(() => parse(oneOf(['a', 'b']), pulumi.output('a'), 'x')).toThrow(
    new Error('[x] must be one of a, b, but is a Pulumi Output, known only at apply'),
  );
});

test('a word in capitals is answered with the word', () => {
  expect(() => parse(oneOf(['eks', 'gke']), 'EKS', 'x')).toThrow(
    new Error("[x] must be one of eks, gke, got 'EKS': did you mean 'eks'?"),
  );
});

test('a value that only code can make is recognised by its own check', () => {
  const runtime = instance<() => string>((value) => typeof value === 'function', 'be a runtime', 'like triton(…)');
  const triton = () => 'triton';
  expect(parse(runtime, triton, 'x')).toBe(triton);
  expect(() => parse(runtime, 'triton', 'x')).toThrow(new Error("[x] must be a runtime, got 'triton': like triton(…)"));
});

test('parsing fills in defaults and leaves the given value alone', () => {
  const schema = z.strictObject({ replicas: z.int().default(1), labels: z.record(z.string(), z.string()).default({}) });
  const given = Object.freeze({ replicas: 3 });
  expect(parse(schema, given, 'x')).toEqual({ replicas: 3, labels: {} });
  expect(given).toEqual({ replicas: 3 });
});

test('everything that is wrong is reported at once, each with its property', () => {
  const schema = z.strictObject({ gpu: z.strictObject({ count: z.int() }), nodes: z.array(text('a node')) });
  let error: unknown;
  try {
    parse(schema, { gpu: { count: 0.5 }, nodes: ['a', ''] }, 'shop/ranker');
  } catch (caught) {
    error = caught;
  }
  expect(InvalidInput.is(error) && error.problems).toEqual([
    { where: 'shop/ranker', text: 'gpu.count must be a whole number, got 0.5' },
    { where: 'shop/ranker', text: "nodes[1] must be a node, got ''" },
  ]);
});

test('the place of a problem may depend on the property, as lines of a file do', () => {
  const schema = z.strictObject({ a: z.string(), b: z.string() });
  expect(() => parse(schema, { a: 1, b: 2 }, (path) => `dev.yaml:${path.join('.')}`)).toThrow(
    new Error('[dev.yaml:a] a must be a string, got 1\n[dev.yaml:b] b must be a string, got 2'),
  );
});

test('unknown keys are reported one by one, with what is known and what is near', () => {
  const schema = z.strictObject({ image: z.string(), replicas: z.int().optional() });
  expect(() => parse(schema, { imge: 'a', replica: 1, foo: 2 }, 'x')).toThrow(
    new Error(
      [
        '[x] image must be a string, but is missing',
        "[x] imge is not known: did you mean 'image'? (known: image, replicas)",
        "[x] replica is not known: did you mean 'replicas'? (known: image, replicas)",
        '[x] foo is not known (known: image, replicas)',
      ].join('\n'),
    ),
  );
});

test('an unknown key deep inside is reported with its whole path, and the keys of its own map', () => {
  const schema = z.strictObject({
    servers: z.array(z.strictObject({ gpu: z.strictObject({ type: z.string().optional() }).optional() })).default([]),
  });
  expect(() => parse(schema, { servers: [{}, { gpu: { typ: 'x' } }] }, 'x')).toThrow(
    new Error("[x] servers[1].gpu.typ is not known: did you mean 'type'? (known: type)"),
  );
});

test('keys that every object inherits are as unknown as any other', () => {
  const schema = z.strictObject({ image: z.string().optional() });
  for (const key of ['constructor', 'toString', 'hasOwnProperty', '__proto__']) {
    expect(() => parse(schema, Object.fromEntries([[key, 'x']]), 'x')).toThrow(
      new Error(`[x] ${key} is not known (known: image)`),
    );
  }
});

test('a map without any keys knows none', () => {
  expect(() => parse(z.strictObject({}), { a: 1 }, 'x')).toThrow(new Error('[x] a is not known'));
});

test.each([
  [z.strictObject({}), 5, 'must be a map, got 5'],
  [z.strictObject({}), undefined, 'must be a map, but is missing'],
  [z.record(z.string(), z.string()), 'a', "must be a map, got 'a'"],
  [z.array(z.string()), 'a', "must be a list, got 'a'"],
  [z.string(), ['a'], 'must be a string, got ["a"]'],
  [z.number(), '5', "must be a number, got '5'"],
  [z.boolean(), 'yes', "must be a boolean, got 'yes'"],
  [z.int(), 0.5, 'must be a whole number, got 0.5'],
])('a value of the wrong type is named in words, without a rule of its own', (schema, given, message) => {
  expect(() => parse(schema, given, 'x')).toThrow(new Error(`[x] ${message}`));
});

test('a missing whole number is asked for as one', () => {
  expect(() => parse(z.int(), undefined, 'x')).toThrow(new Error('[x] must be a whole number, but is missing'));
});

test('the kinds of a union are listed when none or a wrong one is given', () => {
  const schema = z.strictObject({
    source: z.discriminatedUnion('type', [
      z.strictObject({ type: z.literal('s3'), bucket: z.string() }),
      z.strictObject({ type: z.literal(['pvc', 'claim']), claim: z.string() }),
    ]),
  });
  expect(() => parse(schema, { source: { type: 'gcs' } }, 'x')).toThrow(
    new Error("[x] source.type must be one of s3, pvc, claim, got 'gcs'"),
  );
  expect(() => parse(schema, { source: {} }, 'x')).toThrow(
    new Error('[x] source.type must be one of s3, pvc, claim, but is missing'),
  );
  expect(() => parse(schema, { source: 's3' }, 'x')).toThrow(new Error("[x] source must be a map, got 's3'"));
  expect(() => parse(schema, { source: { type: 's3', bucket: 'b', claim: 'c' } }, 'x')).toThrow(
    new Error('[x] source.claim is not known (known: type, bucket)'),
  );
});

test('a key that breaks the rule for keys is reported by that rule', () => {
  expect(() => parse(z.record(nameSchema, z.string()), { Bad_Key: 'a' }, 'x')).toThrow(
    new Error(
      "[x] Bad_Key must be a name of at most 63 lower-case letters, digits and '-', from a letter to a letter or digit, got 'Bad_Key'",
    ),
  );
});

test.each([
  [z.literal('a'), 'b', "must be 'a', got 'b'"],
  [z.enum(['a', 'b']), 'c', "must be one of a, b, got 'c'"],
  [z.union([z.string(), z.number()]), true, 'must be a string or a number, got true'],
  [z.array(z.string()).min(1), [], 'must have at least 1 item, got []'],
] as const)('what has no rule of its own is still in the house form', (schema, given, message) => {
  expect(() => parse(schema, given, 'x')).toThrow(new Error(`[x] ${message}`));
});

test('Outputs are found wherever they are inside the value', () => {
  const bucket = pulumi.output('models');
  const schema = z.strictObject({
    annotations: z.record(z.string(), deferrableText('an annotation')),
    args: z.array(deferrableText('an argument')),
    replicas: wholeNumber({ min: 1, of: 'replicas' }),
  });
  expect(parse(schema, { annotations: { a: bucket }, args: ['--x', bucket], replicas: 1 }, 'x')).toEqual({
    annotations: { a: placeholderOf(bucket) },
    args: ['--x', placeholderOf(bucket)],
    replicas: 1,
  });
  expect(() => parse(schema, { annotations: {}, args: [], replicas: pulumi.output(1) }, 'x')).toThrow(
    new Error(
      '[x] replicas must be a whole number of replicas, 1 or more, but is a Pulumi Output, known only at apply',
    ),
  );
});

test.each([
  [[], ''],
  [['gpu', 'count'], 'gpu.count'],
  [['nodes', 0, 'name'], 'nodes[0].name'],
  [[0, 1], '[0][1]'],
] as const)('the path %j is written as %j', (path, written) => {
  expect(propPath(path)).toBe(written);
});

test('the type of a schema is what it says', () => {
  const engine = oneOf(['triton', 'vllm']);
  const good: z.output<typeof engine> = 'triton';
  // @ts-expect-error: not one of the words
  const wrong: z.output<typeof engine> = 'tritn';
  const bucket: z.input<ReturnType<typeof deferrableText>> = pulumi.output('models');
  // @ts-expect-error: plain text cannot be deferred
  const label: z.input<ReturnType<typeof text>> = pulumi.output('models');
  expect([good, wrong, typeof bucket, typeof label]).toEqual(['triton', 'tritn', 'object', 'object']);
});

const speed = shortOrMap(
  oneOf(['fast', 'slow']),
  z.strictObject({ up: z.strictObject({ steps: wholeNumber({ min: 1, of: 'steps' }) }).optional() }),
);

test.each([
  ['fasst', "must be one of fast, slow, got 'fasst': did you mean 'fast'?"],
  [undefined, 'must be one of fast, slow, but is missing'],
  [[], 'must be one of fast, slow, got []'],
  [{ up: { steps: 0 } }, 'up.steps must be a whole number of steps, 1 or more, got 0'],
  [{ ups: {} }, "ups is not known: did you mean 'up'? (known: up)"],
])('what is neither the short form nor the map is told by what it is nearer to: %j', (given, problem) => {
  expect(() => parse(z.strictObject({ speed }), { speed: given }, 'x')).toThrow(
    new Error(`[x] speed${problem.startsWith('must') ? ' ' : '.'}${problem}`),
  );
});

test('the short form and the map both pass', () => {
  expect(parse(speed, 'fast', 'x')).toBe('fast');
  expect(parse(speed, { up: { steps: 2 } }, 'x')).toEqual({ up: { steps: 2 } });
});

const step = oneOfMaps(
  [
    z.strictObject({ pods: wholeNumber({ min: 1, of: 'pods' }), every: text('a time') }),
    z.strictObject({ percent: wholeNumber({ min: 1, of: 'percent' }), every: text('a time') }),
  ],
  must('be { pods, every } or { percent, every }'),
);

test.each([
  [{ pods: 0, every: '1m' }, ['pods must be a whole number of pods, 1 or more, got 0']],
  [{ percent: 5 }, ['every must be a time, but is missing']],
  [{ every: '1m' }, ['must be { pods, every } or { percent, every }, got {"every":"1m"}']],
  [7, ['must be { pods, every } or { percent, every }, got 7']],
])('of maps that differ in their keys, the one that was meant is told of: %j', (given, problems) => {
  expect(() => parse(step, given, 'x')).toThrow(new Error(problems.map((text) => `[x] ${text}`).join('\n')));
});
