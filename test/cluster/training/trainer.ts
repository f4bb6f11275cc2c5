import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import type { Manifest } from '../../../lib/synth/manifest';
import { locate } from '../../../tools/build';
import { sourceDir } from '../../../tools/crds';
import type { Client } from '../harness/client';
import { cluster } from '../harness/cluster';
import { freePorts } from '../harness/ports';
import { Program } from '../harness/process';
import type { Controller } from './controllers';

/**
 * Starts the manager of Kubeflow Trainer with its webhooks, for one namespace, on loopback. Unlike the other controllers
 * it can't be told where its certificate lies: in the temporary folder of its environment.
 */
export async function startTrainer(client: Client, folder: string, namespace: string): Promise<Controller> {
  const { caFile, kubeconfig } = cluster();
  const [port = 0, health = 0] = await freePorts(2);
  const certificates = join(folder, 'k8s-webhook-server', 'serving-certs');
  mkdirSync(certificates, { recursive: true });
  copyFileSync(caFile, join(certificates, 'tls.crt'));
  copyFileSync(caFile.replace(/crt$/, 'key'), join(certificates, 'tls.key'));
  const config = join(folder, 'trainer.yaml');
  const settings = {
    apiVersion: 'config.trainer.kubeflow.org/v1alpha1',
    kind: 'Configuration',
    webhook: { port, host: '127.0.0.1' },
    health: { healthProbeBindAddress: `127.0.0.1:${health}` },
    metrics: { bindAddress: '0' },
    certManagement: { enable: false },
  };
  writeFileSync(config, stringify(settings));
  const program = new Program(await locate('trainer'), {
    args: [`--config=${config}`, `--kubeconfig=${kubeconfig}`],
    env: { TMPDIR: folder },
    log: join(folder, 'trainer.log'),
    cwd: folder,
  });
  const webhooks = await webhooksOf(`https://127.0.0.1:${port}`, namespace);
  const stop = async () => {
    for (const configuration of webhooks) await client.delete(configuration);
    await program.stop();
  };
  try {
    await program.ready(async () => {
      const answer = await fetch(`http://127.0.0.1:${health}/readyz`);
      if (!answer.ok) throw new Error(`not ready: ${await answer.text()}`);
    }, 60);
    for (const configuration of webhooks) await client.apply(configuration);
  } catch (error) {
    await stop();
    throw error;
  }
  return { stop };
}

interface WebhookConfiguration extends Manifest {
  readonly webhooks: readonly { readonly clientConfig: { readonly service: { readonly path: string } } }[];
}

async function webhooksOf(url: string, namespace: string): Promise<Manifest[]> {
  const file = join(await sourceDir('trainer'), 'manifests/base/webhook/manifests.yaml');
  const documents = parseAllDocuments(readFileSync(file, 'utf8')).map((document) => document.toJS());
  const caBundle = readFileSync(cluster().caFile).toString('base64');
  return documents.map(({ metadata, webhooks, ...rest }: WebhookConfiguration) => ({
    ...rest,
    metadata: { name: `test-trainer-${metadata.name}` },
    webhooks: webhooks.map(({ clientConfig, ...webhook }) => ({
      ...webhook,
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
      clientConfig: { url: `${url}${clientConfig.service.path}`, caBundle },
    })),
  }));
}
