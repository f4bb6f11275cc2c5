import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { App } from 'cdk8s';
import type { Container, PodSpec, Probe } from 'kubernetes-types/core/v1';
import { ModelArtifact, ModelServer, Platform, type Runtime } from '../../../lib';
import { observedServers } from '../../../lib/core/observed';
import type { ServerMetrics } from '../../../lib/core/server-metrics';
import { CONFIG_FOLDER } from '../../../lib/serving/runtime';
import { synthesize } from '../../../lib/testing';
import { eventually } from '../harness/eventually';
import { Program } from '../harness/process';
import { Workspace } from '../harness/workspace';
import { type Sample, samplesOf } from '../prometheus/exposition';

export interface RealServerProps {
  readonly runtime: Runtime;
  /** The artifact's files, by their paths inside of it. */
  readonly model: Readonly<Record<string, string>>;
  /** Folders in which the programs of the image lie on this machine. */
  readonly path: readonly string[];
  /** What the image brings and this machine does not. */
  readonly image?: { readonly args?: readonly string[]; readonly env?: Readonly<Record<string, string>> };
}

/**
 * A model server as a process on this machine, started as the container that a `ModelServer` emits: its command,
 * arguments, environment, configuration files and ports. Nothing is changed but where folders lie.
 */
export class RealServer {
  readonly container: Required<Container>;
  /** What the server claims to expose. */
  readonly metrics: ServerMetrics;
  readonly workspace = new Workspace();
  private readonly program: Program;

  constructor(private readonly props: RealServerProps) {
    const { runtime, model, path, image } = props;
    const shop = new Platform(new App(), 'shop', { cluster: { kubernetes: '1.33' }, production: false });
    const artifact = ModelArtifact.of({ name: 'echo', version: '1', uri: 'pvc://models/echo', size: '1Mi' });
    new ModelServer(shop, 'ranker', { model: artifact, runtime });
    const [observed] = observedServers(shop);
    if (observed?.metrics === undefined) throw new Error(`${runtime.name} exposes nothing`);
    this.metrics = observed.metrics;
    const manifests = synthesize(shop.node.root);
    const { template } = manifests.get('Deployment', 'ranker').spec as { template: { spec: PodSpec } };
    const [container] = template.spec.containers;
    this.container = container as Required<Container>;
    this.write(runtime.modelFolder(artifact), model);
    this.write(CONFIG_FOLDER, runtime.files ?? {});
    mkdirSync(this.here('/tmp'), { recursive: true });

    const [command = '', ...args] = [...(this.container.command ?? []), ...(this.container.args ?? [])];
    const env = (this.container.env ?? []).map(({ name, value = '' }) => [name, this.here(value)]);
    this.program = new Program(command, {
      args: [...args.map((arg) => this.here(arg)), ...(image?.args ?? [])],
      env: { ...Object.fromEntries(env), ...image?.env, PATH: [...path, process.env.PATH].join(':') },
      cwd: this.workspace.folder,
      log: join(this.workspace.folder, 'server.log'),
    });
  }

  /** Waits as the kubelet does: until the start-up probe succeeds, for as long as it allows. */
  async started(): Promise<void> {
    const { periodSeconds = 10, failureThreshold = 3 } = this.container.startupProbe;
    await this.program.ready(async () => {
      if ((await this.probe('startup')) !== 200) throw new Error('not started yet');
    }, periodSeconds * failureThreshold);
  }

  /** The status of the answer to a probe. */
  async probe(kind: 'startup' | 'readiness' | 'liveness'): Promise<number> {
    const probe: Probe = this.container[`${kind}Probe`];
    const { path = '/', port } = probe.httpGet ?? { port: '' };
    return (await this.fetch(String(port), path)).status;
  }

  /** Asks one of the server's ports. */
  fetch(port: string, path: string, init: RequestInit = {}): Promise<Response> {
    const number = this.container.ports.find(({ name }) => name === port)?.containerPort;
    return fetch(`http://127.0.0.1:${number}${path}`, { ...init, signal: AbortSignal.timeout(30_000) });
  }

  /** The samples on the metrics page, as soon as they are as expected: some servers refresh them every few seconds. */
  async samples(check: (samples: readonly Sample[]) => void): Promise<void> {
    const { port, path } = this.metrics;
    await eventually(async () => check(samplesOf(await (await this.fetch(port, path)).text())), { seconds: 60 });
  }

  /** Tells it to stop, as the kubelet does after the preStop hook: its exit code, or null if it took too long. */
  stop(): Promise<number | null> {
    return this.program.terminate(this.props.runtime.drainSeconds);
  }

  async dispose(): Promise<void> {
    await this.program.stop();
    await this.workspace.stop();
  }

  /** A text with the container's folders where they are on this machine. */
  private here(text: string): string {
    return text.replace(
      /(^|=|:)(\/(?:models|tmp|etc\/recstack)(?=\/|$))/g,
      (_, before, folder) => `${before}${this.workspace.folder}${folder}`,
    );
  }

  private write(folder: string, files: Readonly<Record<string, string>>): void {
    for (const [name, content] of Object.entries(files)) {
      const file = join(this.here(folder), name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content);
    }
  }
}
