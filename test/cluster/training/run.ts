import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Container as ContainerSpec, EnvVar, PodTemplateSpec, Volume } from 'kubernetes-types/core/v1';
import { Workspace } from '../harness/workspace';
import { Container } from './container';

/** What an image holds: folders by where they are in the container, variables, and where it starts. */
export interface Image {
  readonly mounts: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
  readonly workdir: string;
}

export interface RunProps {
  readonly template: PodTemplateSpec;
  readonly nodes: number;
  readonly namespace: string;
  /** The Job's name, which is the start of its pods' host names. */
  readonly job: string;
  /** The headless Service below which they have them. */
  readonly service: string;
  readonly image: Image;
}

/**
 * The pods of a run as processes on this machine, started as the kubelet would. Of what the template says nothing is
 * changed: variables, arguments, volumes, user and host names are as they are in a cluster, where DNS is /etc/hosts and
 * each pod has an address on loopback.
 */
export class Run {
  private readonly workspace = new Workspace();
  private readonly started: Container[] = [];
  private readonly trainer: ContainerSpec;

  constructor(private readonly props: RunProps) {
    const [trainer] = props.template.spec?.containers ?? [];
    if (trainer === undefined) throw new Error('there is no container');
    this.trainer = trainer;
    chmodSync(this.workspace.folder, 0o755);
  }

  /** Starts the pod of a rank, as the Job controller does at first and again. */
  start(rank: number): Container {
    const { image, template } = this.props;
    const folder = join(this.workspace.folder, `pod-${this.started.length}`);
    const { command = [], args = [], volumeMounts = [] } = this.trainer;
    const { runAsUser: uid = 0, runAsGroup: gid = 0 } = template.spec?.securityContext ?? {};
    const env = this.envOf(rank);
    const volumes = new Map((template.spec?.volumes ?? []).map((volume) => [volume.name, volume]));
    const mounts = volumeMounts.map(({ name, mountPath }) => {
      const volume = volumes.get(name);
      if (volume === undefined) throw new Error(`there is no volume ${name}`);
      return [mountPath, this.folderOf(volume, join(folder, 'volumes', name), gid, rank)];
    });
    const hosts = this.write(join(folder, 'hosts'), this.hostsOf(rank));
    const container = new Container({
      folder,
      hostname: this.hostname(rank),
      user: { uid, gid },
      mounts: { ...image.mounts, '/etc/hosts': hosts, ...Object.fromEntries(mounts) },
      env: { ...image.env, ...env },
      command: [...command, ...args].map((word) => expand(word, env)),
      workdir: image.workdir,
    });
    this.started.push(container);
    return container;
  }

  /** A path of a claim, which outlives the pods. */
  claimed(claim: string, ...path: string[]): string {
    return join(this.workspace.folder, 'claims', claim, ...path);
  }

  async dispose(): Promise<void> {
    for (const container of this.started) await container.dispose();
    await this.workspace.stop();
  }

  private envOf(rank: number): Record<string, string> {
    const env: Record<string, string> = {};
    const { env: listed = [] } = this.trainer;
    // The Job controller adds its own at the end.
    for (const { name, value, valueFrom } of [
      ...listed,
      { name: 'JOB_COMPLETION_INDEX', value: `${rank}` },
    ] as EnvVar[]) {
      env[name] = valueFrom?.fieldRef ? this.field(valueFrom.fieldRef.fieldPath, rank) : expand(value ?? '', env);
    }
    return env;
  }

  private field(path: string, rank: number): string {
    const [, map, key = ''] = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path) ?? [];
    const { labels, annotations } = this.props.template.metadata ?? {};
    const added = {
      'batch.kubernetes.io/job-name': this.props.job,
      'batch.kubernetes.io/job-completion-index': `${rank}`,
    };
    if (map === undefined) throw new Error(`the field ${path} is not known here`);
    return (map === 'labels' ? { ...labels, ...added } : annotations)?.[key] ?? '';
  }

  private folderOf(volume: Volume, own: string, gid: number, rank: number): string {
    const { persistentVolumeClaim: claim, downwardAPI, emptyDir } = volume;
    if (claim === undefined && downwardAPI === undefined && emptyDir === undefined) {
      throw new Error(`a volume like ${volume.name} is not known here`);
    }
    const folder = claim ? this.claimed(claim.claimName) : own;
    mkdirSync(folder, { recursive: true });
    for (const { path, fieldRef } of downwardAPI?.items ?? []) {
      this.write(join(folder, path), this.field(fieldRef?.fieldPath ?? '', rank));
    }
    // Volumes belong to the pod's fsGroup.
    chmodSync(folder, 0o770);
    chownSync(folder, 0, gid);
    return folder;
  }

  private hostname(rank: number): string {
    return `${this.props.job}-${rank}`;
  }

  /** What the kubelet writes for the pod itself, and in the place of DNS all names by which the others find it. */
  private hostsOf(rank: number): string {
    const { namespace, nodes, service } = this.props;
    const domain = `${service}.${namespace}.svc.cluster.local`;
    const own = `${address(rank)} ${this.hostname(rank)}.${domain} ${this.hostname(rank)}`;
    const dns = Array.from({ length: nodes }, (_, i) => {
      return [`.${domain}`, `.${service}`].map((end) => `${address(i)} ${this.hostname(i)}${end}`);
    });
    return ['127.0.0.1 localhost', own, ...dns.flat(), ''].join('\n');
  }

  private write(file: string, text: string): string {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  }
}

const address = (rank: number) => `127.0.0.${rank + 2}`;

/** `$(NAME)` is the variable where there is one, `$$(NAME)` is `$(NAME)`. */
function expand(text: string, env: Readonly<Record<string, string>>): string {
  return text.replace(/\$\$|\$\(([^)]+)\)/g, (all, name) => (all === '$$' ? '$' : (env[name] ?? all)));
}
