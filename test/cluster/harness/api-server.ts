import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { locate } from '../../../tools/build';
import { Client } from './client';
import type { Cluster } from './cluster';
import { writeKubeconfig } from './kubeconfig';
import { freePorts } from './ports';
import type { Workspace } from './workspace';

/** Starts etcd and an API server on free loopback ports, and waits until it is ready. */
export async function startApiServer(
  workspace: Workspace,
  program: 'kube-apiserver' | 'kube-apiserver-oldest' = 'kube-apiserver',
): Promise<Cluster> {
  const { folder } = workspace;
  const [etcd = 0, peer = 0, port = 0] = await freePorts(3);
  const certificates = join(folder, 'certificates');
  const access = {
    url: `https://127.0.0.1:${port}`,
    token: randomBytes(16).toString('hex'),
    caFile: join(certificates, 'apiserver.crt'),
    kubeconfig: join(folder, 'kubeconfig'),
  };
  mkdirSync(certificates);
  writeFileSync(join(folder, 'tokens.csv'), `${access.token},admin,admin,"system:masters"\n`, { mode: 0o600 });
  writeServiceAccountKeys(folder);
  writeKubeconfig(access);

  workspace.start('etcd', await locate('etcd'), etcdArguments(folder, etcd, peer));
  const server = workspace.start(program, await locate(program), apiServerArguments(folder, etcd, port));
  const client = new Client(access);
  await server.ready(() => client.request('GET', '/readyz'), 60);
  const { gitVersion } = (await client.request<{ gitVersion: string }>('GET', '/version')).body;
  return { ...access, version: gitVersion.replace(/^v/, '') };
}

/** The key by which service accounts' tokens are signed. */
export function serviceAccountKey(folder: string): string {
  return join(folder, 'service-account.key');
}

function etcdArguments(folder: string, client: number, peer: number): string[] {
  const [clientUrl, peerUrl] = [client, peer].map((port) => `http://127.0.0.1:${port}`);
  return [
    `--data-dir=${join(folder, 'etcd')}`,
    // Nothing here outlives the run.
    '--unsafe-no-fsync',
    `--listen-client-urls=${clientUrl}`,
    `--advertise-client-urls=${clientUrl}`,
    `--listen-peer-urls=${peerUrl}`,
    `--initial-advertise-peer-urls=${peerUrl}`,
    `--initial-cluster=default=${peerUrl}`,
  ];
}

function apiServerArguments(folder: string, etcd: number, port: number): string[] {
  return [
    `--etcd-servers=http://127.0.0.1:${etcd}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${port}`,
    `--cert-dir=${join(folder, 'certificates')}`,
    `--token-auth-file=${join(folder, 'tokens.csv')}`,
    '--authorization-mode=RBAC',
    '--service-cluster-ip-range=10.96.0.0/16',
    // As on most clusters: it is Pod Security that forbids it.
    '--allow-privileged=true',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${join(folder, 'service-account.pub')}`,
    `--service-account-signing-key-file=${serviceAccountKey(folder)}`,
    // Five minutes by default, in which a test of a lost node would only wait.
    '--default-not-ready-toleration-seconds=2',
    '--default-unreachable-toleration-seconds=2',
  ];
}

function writeServiceAccountKeys(folder: string): void {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const secret = privateKey.export({ type: 'pkcs1', format: 'pem' });
  writeFileSync(serviceAccountKey(folder), secret, { mode: 0o600 });
  writeFileSync(join(folder, 'service-account.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
}
