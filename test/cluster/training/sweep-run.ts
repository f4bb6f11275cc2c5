import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Manifests } from '../../../lib/testing';
import type { Client, Live } from '../harness/client';
import { cluster } from '../harness/cluster';
import type { Pod } from '../harness/workloads';

/** The coordinator of a sweep as a process: its files, and the token of its own service account. */
export class CoordinatorProcess {
  private readonly folder = mkdtempSync(join(tmpdir(), 'recstack-sweep-'));
  private child: ChildProcess | undefined;
  private output = '';

  constructor(
    private readonly client: Client,
    private readonly python: string,
    private readonly manifests: Manifests,
    private readonly sweep: string,
    private readonly namespace: string,
  ) {}

  private get name(): string {
    return `${this.sweep}-coordinator`;
  }

  async start(): Promise<void> {
    const { data } = this.manifests.get('ConfigMap', this.name) as unknown as { data: Record<string, string> };
    for (const [file, content] of Object.entries(data)) writeFileSync(join(this.folder, file), content);
    const account = join(this.folder, 'account');
    mkdirSync(account, { recursive: true });
    writeFileSync(join(account, 'token'), await this.token(), { mode: 0o600 });
    writeFileSync(join(account, 'ca.crt'), readFileSync(cluster().caFile));
    const job = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: this.name, namespace: this.namespace } };
    const env = {
      ...process.env,
      KUBERNETES_API: cluster().url,
      SERVICE_ACCOUNT: account,
      NAMESPACE: this.namespace,
      SWEEP_UID: (await this.client.get(job)).metadata.uid,
      POLL_SECONDS: '0.3',
    };
    const child = spawn(this.python, [join(this.folder, 'coordinator.py'), this.folder], { env });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
      });
    }
    this.child = child;
  }

  /** Its exit code and all that it has said, or the signal that it was killed by. */
  async ended(seconds: number): Promise<{ readonly code: number | string; readonly output: string }> {
    const { child } = this;
    if (child === undefined) throw new Error('it was not started');
    const timer = setTimeout(() => child.kill('SIGKILL'), seconds * 1000);
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    clearTimeout(timer);
    return { code: child.exitCode ?? child.signalCode ?? '', output: this.output };
  }

  /** What it would ask for in one round, if this were there. */
  round(there: { readonly jobs: object[]; readonly pods: object[]; readonly refuses?: number }): unknown[] {
    const [order, trial] = ['sweep.json', 'trial.json'].map((file) =>
      JSON.parse(readFileSync(join(this.folder, file), 'utf8')),
    );
    const input = JSON.stringify({ ...there, sweep: order, trial });
    const args = [join(__dirname, 'one_round.py'), this.folder];
    const { stderr } = spawnSync(this.python, args, { input, encoding: 'utf8' });
    return JSON.parse(stderr.trim().split('\n').at(-1) ?? '');
  }

  async kill(): Promise<void> {
    this.child?.kill('SIGKILL');
    if (this.child !== undefined) await this.ended(5);
  }

  async dispose(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async token(): Promise<string> {
    const path = `/api/v1/namespaces/${this.namespace}/serviceaccounts/${this.name}/token`;
    const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 3600 } };
    return (await this.client.request<{ status: { token: string } }>('POST', path, request)).body.status.token;
  }
}

/** What a trial's program would do. */
export interface Behaviour {
  /** Steps of a whole trial. */
  readonly steps: number;
  /** Steps between two looks. */
  readonly stride: number;
  /** The metrics at a step, or an exit code. */
  readonly at: (hyperparameters: Record<string, unknown>, step: number, trial: number) => object | number;
}

/** A metric that is not a number, as the sidecar tells of it. */
export const LOST = null;

interface TrialPod extends Pod {
  readonly spec: Pod['spec'] & {
    readonly containers: readonly {
      readonly args?: string[];
      readonly resources: { limits: Record<string, string> };
    }[];
  };
}

interface Running {
  step: number;
  progress: object;
}

/** Plays the programs and the sidecars of trials, on their pods' own addresses, and watches over the GPUs. */
export class Trainers {
  /** The most GPUs that pods held at any look. */
  mostGpus = 0;
  /** Every Job that was ever there, by the number of its trial. */
  readonly seen = new Map<string, Set<string>>();
  /** The hyperparameters of every trial, by its number. */
  readonly told = new Map<number, Record<string, unknown>>();
  private readonly running = new Map<string, Running>();
  /** By address, which a pod inherits from one that is gone. */
  private readonly sidecars = new Map<string, { readonly server: Server; run: Running }>();
  private loop: Promise<void> | undefined;
  private stopped = false;

  constructor(
    private readonly client: Client,
    private readonly namespace: string,
    private readonly behaviour: Behaviour,
  ) {}

  start(): void {
    this.loop = this.run();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    try {
      await this.loop;
    } finally {
      for (const { server } of this.sidecars.values()) {
        server.close();
        server.closeAllConnections();
      }
    }
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      await this.look();
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
  }

  private async look(): Promise<void> {
    for (const job of await this.client.list<Live>('batch/v1', 'Job', this.namespace)) {
      const number = job.metadata.labels?.['recstack/trial'];
      if (number === undefined) continue;
      this.seen.set(number, (this.seen.get(number) ?? new Set()).add(job.metadata.uid));
      this.told.set(Number(number), JSON.parse(job.metadata.annotations?.['recstack/hyperparameters'] ?? ''));
    }
    const pods = (await this.client.list<TrialPod>('v1', 'Pod', this.namespace)).filter(
      ({ metadata }) => metadata.labels?.['recstack/sweep'] !== undefined,
    );
    const held = pods.filter(({ status }) => status.phase === 'Pending' || status.phase === 'Running');
    const gpus = held.map(({ spec }) => Number(spec.containers[0]?.resources.limits['nvidia.com/gpu'] ?? 0));
    this.mostGpus = Math.max(
      this.mostGpus,
      gpus.reduce((sum, count) => sum + count, 0),
    );
    for (const pod of held) {
      if (pod.status.phase === 'Running' && pod.metadata.deletionTimestamp === undefined) await this.advance(pod);
    }
  }

  private async advance(pod: TrialPod): Promise<void> {
    const { uid, annotations = {}, labels = {} } = pod.metadata;
    if ('recstack.test/exit-code' in annotations) return;
    const run = this.running.get(uid) ?? (await this.begin(pod));
    const { steps, stride, at } = this.behaviour;
    run.step += stride;
    const trial = Number(labels['batch.kubernetes.io/job-name']?.split('-').at(-1));
    const metrics = at(JSON.parse(annotations['recstack/hyperparameters'] ?? ''), run.step, trial);
    if (typeof metrics === 'number') return this.exit(pod, run, metrics);
    run.progress = { step: run.step, steps, metrics };
    // One that has lost its way trains on for ever.
    if (run.step >= steps && !Object.values(metrics).includes(LOST)) await this.exit(pod, run, 0);
  }

  private async begin({ metadata, status: { podIP = '' } }: TrialPod): Promise<Running> {
    const run: Running = { step: 0, progress: {} };
    this.running.set(metadata.uid, run);
    const there = this.sidecars.get(podIP);
    if (there !== undefined) {
      there.run = run;
      return run;
    }
    const sidecar = {
      run,
      server: createServer((request, response) => {
        response.writeHead(request.url === '/progress' ? 200 : 404).end(JSON.stringify(sidecar.run.progress));
      }),
    };
    this.sidecars.set(podIP, sidecar);
    sidecar.server.listen(9404, podIP);
    await once(sidecar.server, 'listening');
    return run;
  }

  private async exit(pod: Pod, { progress }: Running, code: number): Promise<void> {
    const terminated = { exitCode: 0, message: JSON.stringify(progress), reason: 'Completed' };
    const sidecar = { name: 'progress', image: 'x', imageID: '', ready: false, restartCount: 0, state: { terminated } };
    try {
      await this.client.patch(pod, { status: { initContainerStatuses: [sidecar] } }, 'status');
      await this.client.patch(pod, { metadata: { annotations: { 'recstack.test/exit-code': String(code) } } });
    } catch {
      // It was stopped in this very moment.
    }
  }
}
