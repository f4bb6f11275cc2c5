import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Manifest } from '../../../lib/synth/manifest';
import { type CrdSourceName, crdDir } from '../../../tools/crds';
import type { Client } from './client';
import { eventually } from './eventually';

/**
 * Installs the custom resource definitions of some engines and waits until their objects are accepted. Suites share one
 * control plane: what is installed stays until the run ends, and installing it again changes nothing.
 */
export async function installCrds(client: Client, ...engines: readonly CrdSourceName[]): Promise<void> {
  const definitions = (await Promise.all(engines.map(definitionsOf))).flat();
  // Forced, as another suite may have installed them under another name.
  for (const definition of definitions) await client.apply(definition, { force: true, manager: 'crds' });
  for (const definition of definitions) await eventually(() => requireServed(client, definition));
}

interface Definition extends Manifest {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly versions: readonly { readonly name: string; readonly served: boolean }[];
  };
}

/** The definitions of an engine. Beside them, its folder may hold a kustomization or the policy that guards them. */
async function definitionsOf(engine: CrdSourceName): Promise<Definition[]> {
  const folder = await crdDir(engine);
  const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'));
  const objects: unknown[] = files.map((file) => parse(readFileSync(join(folder, file), 'utf8')));
  return objects.filter(isDefinition);
}

function isDefinition(object: unknown): object is Definition {
  return typeof object === 'object' && object !== null && Reflect.get(object, 'kind') === 'CustomResourceDefinition';
}

/** The condition Established comes a moment before the API server's handler takes objects: only a list tells. */
async function requireServed(client: Client, { spec }: Definition): Promise<void> {
  for (const { name, served } of spec.versions) {
    if (served) await client.list(`${spec.group}/${name}`, spec.names.kind);
  }
}
