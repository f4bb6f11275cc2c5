import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { synthesize } from '../../../lib/testing';
import shop from '../../../stacks/shop';
import { Client } from '../harness/client';
import { cluster } from '../harness/cluster';
import { projectFolder, pulumi } from './cli';
import { type Engine, startEngine } from './engine';
import { expectInCluster, present } from './in-cluster';

const ENVIRONMENTS = join(__dirname, '..', '..', '..', 'stacks', 'environments');
const environments = readdirSync(ENVIRONMENTS)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => basename(file, '.yaml'));

// Six commands, each bounded by itself; the first one compiles the program.
jest.setTimeout(600_000);

let engine: Engine;
let project: string;
const client = new Client(cluster());

beforeAll(async () => {
  engine = await startEngine();
  project = projectFolder(engine);
});
afterAll(() => engine.stop());
// They share a namespace: what one leaves behind, because it failed, must not fail the others.
afterEach(() => pulumi(engine, project, 'destroy', '--yes', '--skip-preview'));

test.each(environments)(
  '%s: the command line previews, applies, finds nothing to change, and takes it away again',
  async (environment) => {
    const objects = synthesize(shop.build(join(ENVIRONMENTS, `${environment}.yaml`))).all;
    await pulumi(engine, project, 'stack', 'init', environment);

    const preview = JSON.parse(await pulumi(engine, project, 'preview', '--json'));
    expect(preview.changeSummary).toEqual({ create: objects.length + 1 });
    expect(await present(client, objects)).toEqual([]);

    await pulumi(engine, project, 'up', '--yes', '--skip-preview');
    await expectInCluster(client, objects);
    await pulumi(engine, project, 'up', '--yes', '--skip-preview', '--expect-no-changes');

    await pulumi(engine, project, 'destroy', '--yes', '--skip-preview');
    expect(await present(client, objects)).toEqual([]);
  },
);
