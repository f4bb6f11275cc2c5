import type { DeepPartial } from '../../../lib/core/merge';
import type { Manifest, Manifests } from '../../../lib/testing';
import type { EnvironmentInput } from '../../../stacks/environment';
import { Client } from '../harness/client';
import type { Cluster } from '../harness/cluster';
import { eventually } from '../harness/eventually';
import { type EnvironmentName, shopOf } from '../harness/shop';
import { applyAll, deleteAll, rolledOut } from '../harness/workloads';
import type { ScrapedProgram } from './programs';
import { RunningMonitoring, tokenOf } from './running-monitoring';
import { StandIns } from './stand-ins';

export interface RunningShopProps {
  readonly namespace: string;
  readonly environment: EnvironmentName;
  readonly changes?: DeepPartial<EnvironmentInput>;
  /** What each server runs, and how many replicas the autoscaler asks for at least. */
  readonly programs: Readonly<Record<string, ScrapedProgram>>;
  readonly replicas: Readonly<Record<string, number>>;
  readonly nodes: readonly Manifest[];
  /** What others have installed on the cluster. */
  readonly others?: readonly Manifest[];
}

/** A shop on the control plane, with stand-ins in its pods, watched by its own Prometheus. */
export class RunningShop {
  readonly manifests: Manifests;
  readonly monitoring: RunningMonitoring;
  readonly standIns: StandIns;
  readonly client: Client;
  /** The token of Prometheus' own service account. */
  token = '';

  constructor(
    cluster: Cluster,
    private readonly props: RunningShopProps,
  ) {
    const { namespace, environment, changes } = props;
    this.client = new Client(cluster);
    this.manifests = shopOf(environment, { namespace, ...changes });
    this.monitoring = new RunningMonitoring(cluster, this.manifests);
    this.standIns = new StandIns(this.client, cluster, namespace);
  }

  async start(): Promise<void> {
    const { namespace, others = [], programs, nodes } = this.props;
    await applyAll(this.client, [...others, ...this.manifests.all]);
    await this.scaled();
    await rolledOut(this.client, [...this.manifests.all]);
    await this.standIns.start(programs, nodes);
    this.token = await tokenOf(this.client, namespace, 'monitoring-prometheus');
    await this.monitoring.start(this.token);
  }

  async stop(): Promise<void> {
    await this.monitoring.stop();
    await this.standIns.stop();
    await deleteAll(this.client, [...(this.props.others ?? []), ...this.manifests.all]);
  }

  /** A Deployment starts with one replica, before its autoscaler asks for more. */
  private async scaled(): Promise<void> {
    const { namespace, replicas } = this.props;
    await eventually(async () => {
      for (const [name, count] of Object.entries(replicas)) {
        const reference = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace } };
        expect({ name, ...(await this.client.get<{ spec: object }>(reference)).spec }).toMatchObject({
          name,
          replicas: count,
        });
      }
    });
  }
}
