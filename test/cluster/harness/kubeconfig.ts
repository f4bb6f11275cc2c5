import { writeFileSync } from 'node:fs';
import { stringify } from 'yaml';
import type { Cluster } from './cluster';

/** Writes the file by which programs find the API server and show who they are. */
export function writeKubeconfig({ url, token, caFile, kubeconfig }: Omit<Cluster, 'version'>): void {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server: url, 'certificate-authority': caFile } }],
    users: [{ name: 'test', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    'current-context': 'test',
  };
  writeFileSync(kubeconfig, stringify(config), { mode: 0o600 });
}
