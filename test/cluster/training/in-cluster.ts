import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Manifests } from '../../../lib/testing';
import type { Client } from '../harness/client';
import { cluster } from '../harness/cluster';
import { Program } from '../harness/process';
import { tokenOf } from '../prometheus/running-monitoring';

const python = spawnSync('python3', ['-c', 'import zoneinfo; zoneinfo.ZoneInfo("Asia/Shanghai")']);

/** Shown as skipped where there is no Python of 3.9 or newer with time zones: in the cluster it comes with the image. */
export const onPython = python.status === 0 ? test : test.skip;

interface Template {
  readonly spec: { readonly template: { readonly spec: { readonly containers: readonly [Container] } } };
}

interface CronJob {
  readonly spec: { readonly jobTemplate: Template };
}

interface Container {
  readonly command: readonly string[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
}

/**
 * Applies objects, but those that make pods of their own: what these would do is done by processes beside the cluster,
 * so that all pods are of training. They must be admitted without a warning all the same.
 */
export async function applyWithoutPrograms(client: Client, manifests: Manifests): Promise<void> {
  for (const manifest of manifests.all) {
    const dryRun = ['Deployment', 'StatefulSet'].includes(manifest.kind);
    const { warnings } = await client.apply(manifest, { dryRun });
    if (warnings.length > 0) throw new Error(`${manifest.kind} ${manifest.metadata.name}: ${warnings.join(', ')}`);
  }
}

/**
 * A script of a Deployment, or of CronJobs, as a process: its command and environment, its files out of the ConfigMap, and the token of
 * its own service account, whose role is therefore all that it may do. Whoever starts it must remove it.
 */
export class InClusterProcess {
  readonly folder = mkdtempSync(join(tmpdir(), 'recstack-script-'));
  private program: Program | undefined;

  constructor(
    private readonly client: Client,
    private readonly manifests: Manifests,
    private readonly namespace: string,
    private readonly name: string,
  ) {}

  /** The settings in the ConfigMap. */
  get settings(): Record<string, unknown> & { readonly runs: readonly object[] } {
    return JSON.parse(this.files['settings.json'] ?? '');
  }

  /** Puts other settings in place, as the kubelet does some time after a ConfigMap has changed. */
  write(settings: object): void {
    writeFileSync(join(this.folder, 'settings.json'), JSON.stringify(settings));
  }

  async start(env: Readonly<Record<string, string>> = {}): Promise<Program> {
    const [url, account] = [new URL(cluster().url), join(this.folder, 'account')];
    mkdirSync(account, { recursive: true });
    copyFileSync(cluster().caFile, join(account, 'ca.crt'));
    writeFileSync(join(account, 'token'), await this.token(), { mode: 0o600 });
    for (const [file, text] of Object.entries(this.files)) {
      // Those that a test has put in place stay.
      const path = join(this.folder, file);
      if (!existsSync(path)) writeFileSync(path, text);
    }
    const { command, env: own } = this.container;
    const [python = '', ...args] = command.map((word) => word.replace('/opt/recstack', this.folder));
    this.program = new Program(python, {
      args,
      log: join(this.folder, 'log'),
      env: {
        ...Object.fromEntries(own.map(({ name, value }) => [name, value])),
        KUBERNETES_SERVICE_HOST: url.hostname,
        KUBERNETES_SERVICE_PORT: url.port,
        SERVICE_ACCOUNT_FOLDER: account,
        ...env,
      },
    });
    return this.program;
  }

  /** A token of the script's service account. */
  token(): Promise<string> {
    return tokenOf(this.client, this.namespace, this.name);
  }

  /** What it has written since it was first started. */
  get log(): string {
    return readFileSync(join(this.folder, 'log'), 'utf8');
  }

  async stop(): Promise<void> {
    await this.program?.stop();
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private get files(): Readonly<Record<string, string>> {
    return (this.manifests.get('ConfigMap', this.name) as unknown as { data: Record<string, string> }).data;
  }

  private get container(): Container {
    const cronJob = this.manifests.all.find(
      ({ kind, metadata }) => kind === 'CronJob' && metadata.labels?.['app.kubernetes.io/name'] === this.name,
    ) as CronJob | undefined;
    const { spec } = cronJob?.spec.jobTemplate ?? (this.manifests.get('Deployment', this.name) as unknown as Template);
    return spec.template.spec.containers[0];
  }
}
