import { Client } from '../harness/client';
import { cluster } from '../harness/cluster';
import { environments, shopOf } from '../harness/shop';
import { projectFolder, pulumi } from './cli';
import { type Engine, startEngine } from './engine';
import { expectInCluster, present } from './in-cluster';

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
    const objects = shopOf(environment).all;
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
