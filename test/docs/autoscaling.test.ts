import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { autoscaleOnDemandSchema, BEHAVIORS, trafficBudgetSchema } from '../../lib';
import { complaintsAbout } from './compiler';
import { ROOT } from './guide';

const guide = readFileSync(join(ROOT, 'docs/autoscaling.md'), 'utf8');
const blocks = [...guide.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(({ 1: language = '', 2: text = '' }) => ({
  language,
  text,
}));
const programs = blocks.filter(({ language }) => language === 'ts').map(({ text }) => text);

test('all programs of docs/autoscaling.md compile', () => {
  const folder = mkdtempSync(join(tmpdir(), 'recstack-autoscaling-guide-'));
  try {
    const beside = programs.map((text) =>
      text
        .replaceAll("'recstack'", `'${join(ROOT, 'lib')}'`)
        .replaceAll("'recstack/capacity'", `'${join(ROOT, 'lib/capacity')}'`)
        .replaceAll("'cdk8s'", `'${join(ROOT, 'node_modules/cdk8s')}'`),
    );
    expect(programs.length).toBeGreaterThan(8);
    expect(complaintsAbout(folder, beside)).toEqual(programs.map(() => []));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('its environment is accepted', () => {
  const yaml = blocks.filter(({ language }) => language === 'yaml').map(({ text }) => parse(text));
  expect(yaml).toHaveLength(1);
  const [{ ranker }] = yaml;
  expect(autoscaleOnDemandSchema.parse(ranker.autoscaling)).toMatchObject({ requests: 80, window: '30s' });
  expect(trafficBudgetSchema.parse(ranker.budget)).toEqual({ overCapacity: '0.02%', replicaHourPrice: 0.8 });
});

test('the presets are what its table says', () => {
  for (const name of Object.keys(BEHAVIORS)) expect(guide).toContain(`| \`${name}\``);
});
