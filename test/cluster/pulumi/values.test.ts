import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as kubernetes from '@pulumi/kubernetes';
import { Config, interpolate } from '@pulumi/pulumi';
import { deploy } from '../../../lib/pulumi';
import { pulumi } from './cli';
import { useStacks } from './fixture';
import { platform } from './platform';

const fixture = useStacks();
const PASSWORD = 'correct-horse-battery-staple';

/** The texts by name, of a folder's files. */
function textsIn(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(paths.map((path) => [path, readFileSync(path, 'latin1')]));
}

/** The names of the texts that give the password away, as it is or as a Secret holds it. */
function leaks(texts: Record<string, string>): string[] {
  const forms = [PASSWORD, Buffer.from(PASSWORD).toString('base64')];
  return Object.keys(texts).filter((name) => forms.some((form) => texts[name]?.includes(form)));
}

test('a secret reaches the cluster, and stands in no file and in no output of Pulumi', async () => {
  const { client, engine, stack, namespace } = fixture;
  await stack.setConfig('password', { value: PASSWORD, secret: true });
  const program = async () => {
    const password = new Config().requireSecret('password');
    const resources = deploy(platform(namespace, { annotations: { token: interpolate`Bearer ${password}` } }));
    new kubernetes.core.v1.Secret(
      'grafana-admin',
      { metadata: { name: 'grafana-admin', namespace }, stringData: { password } },
      { dependsOn: [...resources.values()].slice(0, 1) },
    );
  };
  const preview = await stack.preview({ program, diff: true });
  const up = await stack.up({ program });
  const refresh = await stack.refresh();

  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'ranker', namespace } };
  expect((await client.get(account)).metadata.annotations).toEqual({ token: `Bearer ${PASSWORD}` });
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'grafana-admin', namespace } };
  expect((await client.get(secret)).data).toEqual({ password: Buffer.from(PASSWORD).toString('base64') });

  const exported = await pulumi(engine, stack.workspace.workDir, 'stack', 'export', '--stack', stack.name);
  expect(exported).toContain('grafana-admin');
  expect(leaks({ preview: preview.stdout, up: up.stdout, refresh: refresh.stdout, exported })).toEqual([]);
  expect(leaks(textsIn(engine.folder))).toEqual([]);
});

test('what only another resource knows is unknown in preview, and at its place after up', async () => {
  const { client, stack, namespace } = fixture;
  const store = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `${namespace}-store`, namespace: 'default' } };
  const program = async () => {
    const { uid } = new kubernetes.core.v1.ConfigMap('store', { metadata: store.metadata }).metadata;
    deploy(platform(namespace, { bucket: interpolate`models-${uid}`, annotations: { store: uid } }));
  };
  const { stdout } = await stack.preview({ program, diff: true, color: 'never' });
  expect(stdout).toMatch(/annotations: \{\s+store: \[unknown\]/);
  expect(stdout).toMatch(/name : "MODEL_SOURCE"\s+value: \[unknown\]/);

  await stack.up({ program });
  const { uid } = (await client.get(store)).metadata;
  const metadata = { name: 'ranker', namespace };
  expect(await client.get({ apiVersion: 'v1', kind: 'ServiceAccount', metadata })).toMatchObject({
    metadata: { annotations: { store: uid } },
  });
  expect(await client.get({ apiVersion: 'apps/v1', kind: 'Deployment', metadata })).toMatchObject({
    spec: { template: { spec: { initContainers: [{ env: modelSource(uid) }] } } },
  });
  expect((await stack.up({ program })).summary.resourceChanges).toEqual({ same: expect.any(Number) });
});

const modelSource = (bucket: string) =>
  expect.arrayContaining([{ name: 'MODEL_SOURCE', value: `store:models-${bucket}/dlrm/42` }]);
