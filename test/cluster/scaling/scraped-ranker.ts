import { createServer, type Server } from 'node:http';
import { stringify } from 'yaml';
import { locate } from '../../../tools/build';
import { freePorts } from '../harness/ports';
import { Program } from '../harness/process';
import { PrometheusApi } from '../prometheus/prometheus-api';
import { TemporaryFolder } from '../prometheus/temporary-folder';

/** All replicas of a ranker on Triton as one target, and a real Prometheus that scrapes it each second. */
export class ScrapedRanker {
  /** Requests per second, and requests that wait. */
  load = { requests: 0, queued: 0 };
  private readonly folder = new TemporaryFolder();
  private readonly server: Server;
  private prometheus: Program | undefined;
  private served = 0;
  private counted = Date.now();
  private port = 0;
  private target = 0;

  constructor(private readonly namespace: string) {
    this.server = createServer((_, response) =>
      response.writeHead(200, { 'content-type': 'text/plain' }).end(this.page()),
    );
  }

  /** Where the Prometheus answers, known before it does. */
  async reserve(): Promise<string> {
    [this.port = 0] = await freePorts(1);
    return `http://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    this.target = (this.server.address() as { port: number }).port;
    await this.startPrometheus();
  }

  /** Starts it, also again: it has kept what it knew. */
  async startPrometheus(): Promise<void> {
    const config = {
      global: { scrape_interval: '1s' },
      scrape_configs: [
        {
          job_name: 'ranker',
          static_configs: [{ targets: [`127.0.0.1:${this.target}`], labels: { namespace: this.namespace } }],
        },
      ],
    };
    const program = new Program(await locate('prometheus'), {
      args: [
        `--config.file=${this.folder.write('prometheus.yaml', stringify(config))}`,
        `--storage.tsdb.path=${this.folder.join('data')}`,
        `--web.listen-address=127.0.0.1:${this.port}`,
      ],
      log: this.folder.join('prometheus.log'),
    });
    this.prometheus = program;
    await program.ready(() => this.api.ready());
  }

  get api(): PrometheusApi {
    return new PrometheusApi(`127.0.0.1:${this.port}`);
  }

  /** From now on it can't be scraped. */
  async stopTarget(): Promise<void> {
    this.server.closeAllConnections();
    if (this.server.listening) await new Promise((resolve) => this.server.close(resolve));
  }

  async stopPrometheus(): Promise<void> {
    await this.prometheus?.stop();
    this.prometheus = undefined;
  }

  async stop(): Promise<void> {
    await this.stopPrometheus();
    await this.stopTarget();
    this.folder.remove();
  }

  /** The metrics of Triton's page that a policy may ask for. */
  private page(): string {
    const now = Date.now();
    this.served += (this.load.requests * (now - this.counted)) / 1000;
    this.counted = now;
    const model = 'model="dlrm",version="7"';
    return [
      `nv_inference_request_success{${model}} ${this.served}`,
      `nv_inference_request_failure{${model},reason="OTHER"} 0`,
      `nv_inference_pending_request_count{${model}} ${this.load.queued}`,
      '',
    ].join('\n');
  }
}
