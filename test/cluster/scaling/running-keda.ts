import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Manifest } from '../../../lib/synth/manifest';
import { locate } from '../../../tools/build';
import type { Client } from '../harness/client';
import type { Cluster } from '../harness/cluster';
import { eventually } from '../harness/eventually';
import { freePorts } from '../harness/ports';
import { Program } from '../harness/process';
import { Workspace } from '../harness/workspace';
import { apiRegistration } from './api-registration';
import { FRONT_PROXY } from './front-proxy';

const HOME = 'keda';

/** KEDA's operator and its metrics server, for one namespace, with certificates that the operator makes itself. */
export class RunningKeda {
  private readonly workspace = new Workspace();
  private readonly programs: Program[] = [];
  private api: readonly Manifest[] = [];

  constructor(
    private readonly cluster: Cluster,
    private readonly client: Client,
    private readonly namespace: string,
  ) {}

  async start(): Promise<void> {
    const { client, workspace } = this;
    const [service = 0, health = 0, secure = 0, metrics = 0] = await freePorts(4);
    const certificates = join(workspace.folder, 'certificates');
    mkdirSync(certificates);
    await client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: HOME } });
    await client.apply({ apiVersion: 'v1', kind: 'Secret', metadata: CERTIFICATES });
    const operator = [
      `--kubeconfig=${this.cluster.kubeconfig}`,
      `--cert-dir=${certificates}`,
      '--enable-webhook-patching=false',
      '--enable-apiservice-patching=false',
      '--metrics-bind-address=0',
      `--health-probe-bind-address=127.0.0.1:${health}`,
      `--metrics-service-bind-address=127.0.0.1:${service}`,
    ];
    // It makes the certificates, ends, and finds them at its next start.
    const first = await this.run('keda-operator', [...operator, '--enable-cert-rotation']);
    // What a kubelet does with a Secret that is mounted.
    const files = await eventually(async () => {
      const { data = {} } = await client.get<{ data?: Record<string, string> }>(SECRET);
      if (data['tls.crt'] === undefined) throw new Error('KEDA has made no certificates');
      return data;
    });
    for (const [name, content] of Object.entries(files)) {
      writeFileSync(join(certificates, name), Buffer.from(content, 'base64'), { mode: 0o600 });
    }
    await first.stop();
    await this.run('keda-operator', operator);
    const adapter = await this.run('keda-adapter', [
      `--kubeconfig=${this.cluster.kubeconfig}`,
      ...['lister', 'authentication', 'authorization'].map((use) => `--${use}-kubeconfig=${this.cluster.kubeconfig}`),
      `--secure-port=${secure}`,
      '--bind-address=127.0.0.1',
      `--port=${metrics}`,
      `--cert-dir=${certificates}`,
      `--metrics-service-address=127.0.0.1:${service}`,
      `--metrics-service-grpc-authority=keda-operator.${HOME}.svc`,
    ]);
    this.api = [...FRONT_PROXY, ...registration(secure)];
    for (const manifest of this.api) await client.apply(manifest);
    await adapter.ready(() => client.request('GET', '/apis/external.metrics.k8s.io/v1beta1'), 60);
  }

  /** An API that nobody answers for would keep every namespace from being deleted. */
  async stop(): Promise<void> {
    for (const manifest of [...this.api].reverse()) await this.client.delete(manifest);
    for (const program of [...this.programs].reverse()) await program.stop();
    await this.workspace.stop();
    await this.client.delete({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: HOME } });
  }

  private async run(name: 'keda-operator' | 'keda-adapter', args: readonly string[]): Promise<Program> {
    const { folder } = this.workspace;
    const env = { WATCH_NAMESPACE: this.namespace, POD_NAMESPACE: HOME, KEDA_CLUSTER_OBJECT_NAMESPACE: HOME };
    const program = new Program(await locate(name), { args, env, log: join(folder, `${name}.log`), cwd: folder });
    this.programs.push(program);
    return program;
  }
}

const CERTIFICATES = { name: 'kedaorg-certs', namespace: HOME };
const SECRET = { apiVersion: 'v1', kind: 'Secret', metadata: CERTIFICATES };

function registration(port: number): Manifest[] {
  const api = { group: 'external.metrics.k8s.io', version: 'v1beta1' };
  return apiRegistration(api, { name: 'keda-metrics-apiserver', namespace: HOME }, port);
}
