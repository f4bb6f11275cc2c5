import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { version } from '../../lib/cli/version';
import { recstack } from './recstack';

test('the version is that of package.json', () => {
  expect(version).toBe(JSON.parse(readFileSync(join(__dirname, '../../package.json'), 'utf8')).version);
  expect(recstack('--version')).toEqual({ code: 0, out: `${version}\n`, err: '' });
});

test('help is a result, names the commands, and ends with 0', () => {
  const { code, out, err } = recstack('--help');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toMatch(/^Usage: recstack \[options\] \[command\]\n/);
  expect(out).toMatch(/synth \[options\] +write an environment's manifests, all or nothing/);
  expect(out).toMatch(/plan \[options\] +show an environment's objects and derived numbers;/);
});

test('help of synth names its defaults', () => {
  const { code, out } = recstack('synth', '--help');
  expect(code).toBe(0);
  expect(out).toMatch(/--env <name> .*\(default:\s+"production"\)/s);
  expect(out).toMatch(/--stack <file> .*\(default:\s+"stacks\/main"\)/s);
  expect(out).toMatch(/--out <folder> .*\(default:\s+"dist"\)/s);
});

test('without a command, help goes to where errors go, and it is an error', () => {
  const { code, out, err } = recstack();
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(err).toContain('Usage: recstack');
});

test('an option without its value is an error, and synth says how it is used', () => {
  const { code, out, err } = recstack('synth', '--env');
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(err).toMatch(/^error: option '-e, --env <name>' argument missing\n/);
  expect(err).toContain('Usage: recstack synth');
});
