import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ROOT } from './guide';

const guide = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8');
const read = (path: string) => readFileSync(join(ROOT, 'lib', path), 'utf8');

test('its table of scripts has each that is started in the cluster', () => {
  const files = readdirSync(join(ROOT, 'lib'), { recursive: true, encoding: 'utf8' });
  const scripts = files.filter((path) => /\.(py|sh)$/.test(path));
  // Others import them.
  const modules = scripts.flatMap((path) =>
    [...read(path).matchAll(/^(?:from|import) (\w+)/gm)].map(([, name]) => name),
  );
  const started = scripts.filter((path) => !modules.includes(basename(path, '.py')));
  const rows = [...guide.matchAll(/^\| `(\S+\.(?:py|sh))` +\|/gm)].map(([, path]) => path);
  expect(rows.sort()).toEqual(started.sort());
});
