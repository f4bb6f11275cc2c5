import { readFileSync } from 'node:fs';
import type { Manifest } from '../../../lib/testing';
import type { Client, Live } from '../harness/client';
import type { Cluster } from '../harness/cluster';
import { GPU_NAMESPACE } from './gpu-exporters';
import { nodeAddress } from './loopback';
import { mayDo, ownerOf } from './permissions';
import { DCGM_EXPORTER, type FaultName, KUBELET, type ScrapedProgram } from './programs';
import { aboutPods } from './replay';
import { type ReplayOptions, ReplayServer } from './replay-server';

interface Pod extends Live {
  readonly spec: {
    readonly nodeName: string;
    readonly containers: readonly { readonly resources?: { readonly limits?: Readonly<Record<string, string>> } }[];
  };
  readonly status: { readonly podIP: string };
}

/** Servers that answer in place of the programs in fake pods, and of the kubelets of fake nodes. */
export class StandIns {
  private readonly servers = new Map<string, ReplayServer[]>();

  constructor(
    private readonly client: Client,
    private readonly cluster: Cluster,
    private readonly namespace: string,
  ) {}

  /** Starts one for each pod of the model servers, for each exporter, and for each node. */
  async start(programs: Readonly<Record<string, ScrapedProgram>>, nodes: readonly Manifest[]): Promise<void> {
    const pods = await this.client.list<Pod>('v1', 'Pod', this.namespace);
    for (const [name, program] of Object.entries(programs)) {
      for (const { status } of pods.filter((pod) => serverOf(pod) === name)) {
        await this.add(name, { address: status.podIP, program });
      }
    }
    for (const { status, spec } of await this.client.list<Pod>('v1', 'Pod', GPU_NAMESPACE)) {
      const fixture = this.pageAbout(DCGM_EXPORTER, spec.nodeName, pods.filter(holdsGpu));
      await this.add('dcgm-exporter', { address: status.podIP, program: DCGM_EXPORTER, fixture });
    }
    // A kubelet's certificate is signed by itself, and so is that of the API server.
    const { caFile } = this.cluster;
    const tls = { cert: readFileSync(caFile), key: readFileSync(caFile.replace(/\.crt$/, '.key')) };
    for (const [i, node] of nodes.entries()) await this.addKubelet(node, nodeAddress(i), pods, tls);
  }

  /** Something goes wrong in all that stand in for a program. */
  suffer(name: string, fault: FaultName): void {
    for (const server of this.servers.get(name) ?? []) server.suffer(fault);
  }

  /** All that stand in for some programs, or for all, go away. */
  async stop(names: readonly string[] = [...this.servers.keys()]): Promise<void> {
    for (const name of names) await Promise.all((this.servers.get(name) ?? []).map((server) => server.stop()));
  }

  private async addKubelet(
    { apiVersion, kind, metadata }: Manifest,
    address: string,
    pods: readonly Pod[],
    tls: ReplayOptions['tls'],
  ): Promise<void> {
    const { name } = metadata;
    const addresses = [
      { type: 'InternalIP', address },
      { type: 'Hostname', address: name },
    ];
    const daemonEndpoints = { kubeletEndpoint: { Port: KUBELET.port } };
    await this.client.patch(
      { apiVersion, kind, metadata: { name } },
      { status: { addresses, daemonEndpoints } },
      'status',
    );
    const fixture = this.pageAbout(KUBELET, name, pods);
    await this.add('kubelet', {
      address,
      program: KUBELET,
      fixture,
      tls,
      authorize: (token) => this.mayReadNode(token),
    });
  }

  private pageAbout({ fixture }: ScrapedProgram, node: string, pods: readonly Pod[]): string {
    const names = pods.filter(({ spec }) => spec.nodeName === node).map(({ metadata }) => metadata.name);
    return aboutPods(fixture, { node, namespace: this.namespace, pods: names });
  }

  private async add(name: string, options: ReplayOptions): Promise<void> {
    this.servers.set(name, [...(this.servers.get(name) ?? []), await ReplayServer.start(options)]);
  }

  /**
   * Asks the API server, as a kubelet does before it shows its metrics.
   *
   * @see https://kubernetes.io/docs/reference/access-authn-authz/kubelet-authn-authz/
   */
  private async mayReadNode(token: string): Promise<boolean> {
    const owner = await ownerOf(this.client, token);
    if (owner === undefined) return false;
    return mayDo(this.client, owner, { verb: 'get', resource: 'nodes', subresource: 'metrics' });
  }
}

function serverOf({ metadata }: Pod): string | undefined {
  const { 'app.kubernetes.io/component': component, 'app.kubernetes.io/name': name } = metadata.labels ?? {};
  return component === 'model-server' ? name : undefined;
}

function holdsGpu({ spec }: Pod): boolean {
  return spec.containers.some(({ resources }) => resources?.limits?.['nvidia.com/gpu'] !== undefined);
}
