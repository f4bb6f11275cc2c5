import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import type { Manifest } from '../../../lib/synth/manifest';
import { locate } from '../../../tools/build';
import { sourceDir } from '../../../tools/crds';
import type { Client } from '../harness/client';
import { cluster } from '../harness/cluster';
import { freePorts } from '../harness/ports';
import type { Workspace } from '../harness/workspace';

/** What can be started here. */
export type ControllerName = 'jobset' | 'kueue';

const API_VERSION: Record<ControllerName, string> = {
  jobset: 'config.jobset.x-k8s.io/v1alpha1',
  kueue: 'config.kueue.x-k8s.io/v1beta1',
};

interface WebhookConfiguration extends Manifest {
  readonly webhooks: readonly Webhook[];
}

interface Webhook {
  readonly name: string;
  readonly clientConfig: { readonly service: { readonly path: string } };
}

export interface ControllerOptions {
  /** Where its webhooks apply: one namespace, or several. */
  readonly namespace: string | readonly string[];
  /** The names of those that are registered: the others are for kinds that no test here has. */
  readonly webhooks: readonly string[];
  /** The rest of its configuration. */
  readonly [key: string]: unknown;
}

export interface Controller {
  /** Takes its webhooks away; the program itself ends with its workspace. */
  stop(): Promise<void>;
}

/**
 * Starts a controller as its own installation does, webhooks included, but on loopback. The API server's certificate,
 * which is for 127.0.0.1, is its own as well. Its webhooks apply to one namespace, since suites share an API server.
 */
export async function startController(
  client: Client,
  workspace: Workspace,
  name: ControllerName,
  { namespace, webhooks, ...config }: ControllerOptions,
  flags: readonly string[] = [],
): Promise<Controller> {
  const { caFile, kubeconfig } = cluster();
  const [port = 0, health = 0] = await freePorts(2);
  for (const [file, source] of [
    ['tls.crt', caFile],
    ['tls.key', caFile.replace(/crt$/, 'key')],
  ] as const) {
    writeFileSync(join(workspace.folder, file), readFileSync(source), { mode: 0o600 });
  }
  const file = join(workspace.folder, `${name}.yaml`);
  const settings = {
    apiVersion: API_VERSION[name],
    kind: 'Configuration',
    webhook: { port, host: '127.0.0.1', certDir: workspace.folder },
    health: { healthProbeBindAddress: `127.0.0.1:${health}` },
    metrics: { bindAddress: '0' },
    leaderElection: { leaderElect: false },
    internalCertManagement: { enable: false },
    ...config,
  };
  writeFileSync(file, stringify(settings));
  const args = [`--config=${file}`, `--kubeconfig=${kubeconfig}`, ...flags];
  const program = workspace.start(name, await locate(name), args);
  await program.ready(async () => {
    const answer = await fetch(`http://127.0.0.1:${health}/readyz`);
    if (!answer.ok) throw new Error(`not ready: ${await answer.text()}`);
  }, 60);
  const configurations = await webhookConfigurations(name, { port, namespace, webhooks });
  for (const configuration of configurations) await client.apply(configuration);
  return {
    stop: async () => {
      for (const configuration of configurations) await client.delete(configuration);
    },
  };
}

async function webhookConfigurations(
  engine: ControllerName,
  {
    port,
    namespace,
    webhooks: wanted,
  }: { port: number; namespace: string | readonly string[]; webhooks: readonly string[] },
): Promise<Manifest[]> {
  const file = join(await sourceDir(engine), 'config/components/webhook/manifests.yaml');
  const documents = parseAllDocuments(readFileSync(file, 'utf8')).map((document) => document.toJS());
  const caBundle = readFileSync(cluster().caFile).toString('base64');
  return documents.map(({ metadata, webhooks, ...rest }: WebhookConfiguration) => ({
    ...rest,
    metadata: { name: `test-${engine}-${metadata.name}` },
    webhooks: webhooks
      .filter(({ name }) => wanted.includes(name))
      .map(({ clientConfig, ...webhook }) => ({
        ...webhook,
        namespaceSelector: {
          matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values: [namespace].flat() }],
        },
        clientConfig: { url: `https://127.0.0.1:${port}${clientConfig.service.path}`, caBundle },
      })),
  }));
}
