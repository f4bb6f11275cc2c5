import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Yaml } from 'cdk8s';
import { footprint } from '../../lib/capacity';
import { synthesize } from '../../lib/testing';
import { environmentJsonSchema } from '../../scripts/environment-schema';
import shop from '../../stacks/shop';
import { expectGolden } from '../golden/golden';

const ROOT = join(__dirname, '..', '..');
const ENVIRONMENTS = ['dev', 'staging', 'production', 'edge'] as const;

const manifestsOf = (name: string) => synthesize(shop.build(join(ROOT, 'stacks', 'environments', `${name}.yaml`)));

test('there are just the environments that others rely on', () => {
  const files = readdirSync(join(ROOT, 'stacks', 'environments')).filter((file) => file.endsWith('.yaml'));
  expect(files.sort()).toEqual(ENVIRONMENTS.map((name) => `${name}.yaml`).sort());
});

test.each(ENVIRONMENTS)("%s's manifests are those of the golden file", (name) => {
  expectGolden(`${name}.yaml`, Yaml.stringify(...manifestsOf(name).all));
});

test.each(ENVIRONMENTS)('%s names no image by `latest`, or without a tag', (name) => {
  const images = JSON.stringify(manifestsOf(name).all).match(/"image":"[^"]+"/g) ?? [];
  expect(images.length).toBeGreaterThan(5);
  for (const image of images) expect(image).toMatch(/^"image":"[^":]+:(?!latest)[\w.-]+"$/);
});

test.each(ENVIRONMENTS)('%s invents no digest', (name) => {
  expect(JSON.stringify(manifestsOf(name).all)).not.toContain('sha256:');
});

test('dev fits the minikube that its file names: 4 CPUs, 8 GiB, no GPU', () => {
  const { least, most } = footprint(manifestsOf('dev').all);
  expect(least.cpu).toBeLessThanOrEqual(2);
  expect(least.memory).toBeLessThanOrEqual(6 * 2 ** 30);
  expect(most.gpus).toBe(0);
});

test('edge fits its k3s box of 8 cores and 16 GiB while it serves, with room for the system', () => {
  const { least, most } = footprint(manifestsOf('edge').all);
  expect(least.cpu).toBeLessThanOrEqual(6);
  expect(least.memory).toBeLessThanOrEqual(12 * 2 ** 30);
  expect(most.gpus).toBe(0);
});

test('production ranks and re-ranks on GPUs', () => {
  expect(footprint(manifestsOf('production').all).least.gpus).toBe(6);
});

test('the JSON Schema for editors is that of the environment schema, with a text for every property', () => {
  const text = environmentJsonSchema();
  expect(text).toBe(readFileSync(join(ROOT, 'stacks', 'environment.schema.json'), 'utf8'));
  const undocumented: string[] = [];
  const visit = (schema: { properties?: Record<string, object>; description?: string }, path: string): void => {
    for (const [name, child] of Object.entries(schema.properties ?? {})) {
      if (!('description' in child)) undocumented.push(`${path}.${name}`);
      visit(child, `${path}.${name}`);
    }
  };
  visit(JSON.parse(text), '');
  expect(undocumented).toEqual([]);
});
