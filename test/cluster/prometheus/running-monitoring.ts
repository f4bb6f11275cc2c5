import { stringify } from 'yaml';
import type { Manifest, Manifests } from '../../../lib/testing';
import { locateAll } from '../../../tools/build';
import type { Client } from '../harness/client';
import type { Cluster } from '../harness/cluster';
import { freePorts } from '../harness/ports';
import { Program } from '../harness/process';
import { monitoringFiles } from './files';
import { alertmanagerInPlace, argumentsInPlace, type Places, prometheusInPlace, rulesInPlace } from './in-place';
import { KUBE_STATE_METRICS } from './programs';
import { PrometheusApi } from './prometheus-api';
import { ReplayServer } from './replay-server';
import { TemporaryFolder } from './temporary-folder';
import { Webhook } from './webhook';

/**
 * The Prometheus and the Alertmanager of a shop, as processes: with the arguments of their StatefulSets, their
 * configuration put in place, and the token of Prometheus' own service account.
 */
export class RunningMonitoring {
  readonly webhook = new Webhook();
  private readonly folder = new TemporaryFolder();
  private readonly programs: Program[] = [];
  private api: PrometheusApi | undefined;
  private kubeStateMetrics: ReplayServer | undefined;

  constructor(
    private readonly cluster: Cluster,
    private readonly manifests: Manifests,
  ) {}

  get prometheus(): PrometheusApi {
    if (this.api === undefined) throw new Error('Prometheus has not been started');
    return this.api;
  }

  async start(token: string): Promise<void> {
    const places = await this.places(token);
    await this.startAlertmanager(places);
    await this.startPrometheus(places);
  }

  async stop(): Promise<void> {
    for (const program of this.programs) await program.stop();
    await this.webhook.stop();
    await this.kubeStateMetrics?.stop();
    this.folder.remove();
  }

  private async places(token: string): Promise<Places> {
    const ports = await freePorts(3);
    const [prometheus, alertmanager, kubeStateMetrics] = ports.map((port) => `127.0.0.1:${port}`);
    await this.standInForKubeStateMetrics(ports[2] ?? 0);
    this.folder.write('url', await this.webhook.start());
    return {
      api: this.cluster,
      tokenFile: this.folder.write('token', token),
      rulesFile: this.folder.join('rules.yaml'),
      prometheus: prometheus ?? '',
      alertmanager: alertmanager ?? '',
      kubeStateMetrics: kubeStateMetrics ?? '',
      webhookFolder: this.folder.path,
    };
  }

  /** The real one is in exporters.test.ts: not everybody has built it. */
  private async standInForKubeStateMetrics(port: number): Promise<void> {
    const { namespace = '' } = this.manifests.get('ConfigMap', 'monitoring-prometheus').metadata;
    const fixture = KUBE_STATE_METRICS.fixture
      .replaceAll('NAMESPACE', namespace)
      .replaceAll('CREATED', String(Math.floor(Date.now() / 1000)));
    const program = { ...KUBE_STATE_METRICS, port };
    this.kubeStateMetrics = await ReplayServer.start({ address: '127.0.0.1', program, fixture });
  }

  private async startAlertmanager(places: Places): Promise<void> {
    const { alertmanager } = monitoringFiles(this.manifests);
    this.folder.write('alertmanager.yaml', stringify(alertmanagerInPlace(alertmanager, places)));
    const program = await this.run(
      'alertmanager',
      {
        '/etc/alertmanager': this.folder.path,
        '/alertmanager': this.folder.join('alertmanager-data'),
      },
      places.alertmanager,
    );
    await program.ready(async () => {
      const { ok, status } = await fetch(`http://${places.alertmanager}/-/ready`);
      if (!ok) throw new Error(`Alertmanager answers ${status}`);
    });
  }

  private async startPrometheus(places: Places): Promise<void> {
    const { prometheus, rules } = monitoringFiles(this.manifests);
    this.folder.write('rules.yaml', stringify(rulesInPlace(rules)));
    this.folder.write('prometheus.yaml', stringify(prometheusInPlace(prometheus, places)));
    const program = await this.run(
      'prometheus',
      {
        '/etc/prometheus': this.folder.path,
        '/prometheus': this.folder.join('prometheus-data'),
      },
      places.prometheus,
    );
    const api = new PrometheusApi(places.prometheus);
    await program.ready(() => api.ready());
    this.api = api;
  }

  private async run(
    name: 'prometheus' | 'alertmanager',
    folders: Readonly<Record<string, string>>,
    address: string,
  ): Promise<Program> {
    const path = (await locateAll([name]))[name];
    const program = new Program(path, {
      args: [...argumentsInPlace(argumentsOf(this.manifests, name), folders), `--web.listen-address=${address}`],
      log: this.folder.join(`${name}.log`),
    });
    this.programs.push(program);
    return program;
  }
}

/** The arguments of a program of monitoring, as its pod has them. */
export function argumentsOf(manifests: Manifests, name: string): readonly string[] {
  const { spec } = manifests.get('StatefulSet', `monitoring-${name}`) as Manifest & {
    spec: { template: { spec: { containers: readonly [{ args: readonly string[] }] } } };
  };
  return spec.template.spec.containers[0].args;
}

/** A token of a service account, as the kubelet gets it for a pod. */
export async function tokenOf(client: Client, namespace: string, serviceAccount: string): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${serviceAccount}/token`;
  const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 3600 } };
  return (await client.request<{ status: { token: string } }>('POST', path, request)).body.status.token;
}
