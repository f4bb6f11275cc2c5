import * as pulumi from '@pulumi/pulumi';
import { placeholderOf } from '../../lib/core/deferred';
import { type Image, imageLockSchema, imageSchema, pinned } from '../../lib/core/images';
import { parse } from '../../lib/core/schema';

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;

test.each([
  'nginx:1.27',
  'nginx:stable-alpine',
  'docker.io/library/nginx:1',
  'registry.example.com/shop/trainer:1.4.2',
  'localhost:5000/trainer:7',
  'registry.example.com:443/a/b/c:v1',
  'nvcr.io/nvidia/tritonserver:25.08-py3',
  'ghcr.io/org/a_b.c--d__e:1',
  'a/b:_1',
  `nginx@${DIGEST}`,
  `nginx:1.27@${DIGEST}`,
  `localhost:5000/trainer@${DIGEST}`,
])('%s is an image', (image) => {
  expect(parse(imageSchema, image, 'x')).toBe(image);
});

test.each([
  'nginx',
  'nginx:',
  'nginx:latest',
  'localhost:5000/trainer',
  'localhost:5000/trainer:latest',
  'docker.io/Library/nginx:1.27',
  'a//b:1.27',
  'a/b/:1.27',
  'a/-b:1.27',
  'a/b___c:1.27',
  ' nginx:1.27',
  'nginx:1.27 ',
  'nginx:-1',
  'nginx: 1.27',
  'https://example.com/nginx:1.27',
  'nginx@sha256:123',
  '',
])('%j is no image with an exact tag', (image) => {
  expect(() => parse(imageSchema, image, 'shop/ranker')).toThrow(
    new Error(
      `[shop/ranker] must be an image with an exact tag or a digest, got '${image}': like 'registry.example.com/shop/trainer:1.4.2'; 'latest' changes under your feet`,
    ),
  );
});

test.each([
  `nginx@${DIGEST.toUpperCase()}`,
  `nginx@${DIGEST}0`,
  `nginx@sha512:${'a'.repeat(128)}`,
  `nginx:latest@${DIGEST}`,
  `nginx:${'1'.repeat(129)}`,
  `a:1.27@${DIGEST}@${DIGEST}`,
])('%s is no image, of which the error shows the start', (image) => {
  expect(() => parse(imageSchema, image, 'x')).toThrow(
    new Error(
      `[x] must be an image with an exact tag or a digest, got '${image.slice(0, 56)}…: like 'registry.example.com/shop/trainer:1.4.2'; 'latest' changes under your feet`,
    ),
  );
});

test.each(['redis:7', 'postgres:16', 'busybox:1'])('%s is an image: the tag may be a number', (image) => {
  expect(parse(imageSchema, image, 'x')).toBe(image);
});

test.each(['my_image:1.0', 'my_org/trainer:1.0', 'a__b:1.0'])(
  '%s is an image: names on Docker Hub may have underscores',
  (image) => {
    expect(parse(imageSchema, image, 'x')).toBe(image);
  },
);

test.each(['-a:1.0', '.:1.0', 'a..b:1.0', 'a.:1.0', 'a-:1.0', '-/a:1.0'])('%s is no image', (image) => {
  expect(() => parse(imageSchema, image, 'x')).toThrow();
});

test('an image may be known only at apply', () => {
  const image = pulumi.output('registry.example.com/shop/trainer');
  expect(parse(imageSchema, image, 'x')).toBe(placeholderOf(image));
  expect(parse(imageSchema, `${placeholderOf(image)}:1.4.2`, 'x')).toBe(`${placeholderOf(image)}:1.4.2`);
});

test('the lock adds the digest of exactly the tag that it names', () => {
  const lock = { 'nginx:1.27': DIGEST };
  expect(pinned('nginx:1.27', lock)).toBe(`nginx:1.27@${DIGEST}`);
  expect(pinned('nginx:1.28', lock)).toBe('nginx:1.28');
  expect(pinned('docker.io/library/nginx:1.27', lock)).toBe('docker.io/library/nginx:1.27');
});

test('a digest that the user wrote is kept', () => {
  const other = `sha256:${'f'.repeat(64)}`;
  const image = `nginx:1.27@${other}`;
  expect(pinned(image, { 'nginx:1.27': DIGEST, [image]: DIGEST })).toBe(image);
});

test.each(['constructor', 'toString', '__proto__'])('an image called %s has no digest in an empty lock', (image) => {
  expect(pinned(image, {})).toBe(image);
});

test('a lock maps images to digests', () => {
  expect(parse(imageLockSchema, { 'nginx:1.27': DIGEST }, 'x')).toEqual({ 'nginx:1.27': DIGEST });
  expect(parse(imageLockSchema, {}, 'x')).toEqual({});
  expect(() => parse(imageLockSchema, { 'nginx:1.27': 'sha256:12', 'redis:7': 5 }, 'images.lock')).toThrow(
    new Error(
      "[images.lock] nginx:1.27 must be a digest, got 'sha256:12': 'sha256:' and 64 hex digits\n" +
        "[images.lock] redis:7 must be a digest, got 5: 'sha256:' and 64 hex digits",
    ),
  );
});

test('an image that is a number later does not compile', () => {
  // @ts-expect-error: an image is a string, now or later
  const wrong: Image = pulumi.output(5);
  const right: Image = pulumi.output('nginx:1.27');
  expect([wrong, right]).toHaveLength(2);
});
