import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Manifest } from '../../../lib/synth/manifest';
import type { Client } from '../harness/client';
import type { Cluster } from '../harness/cluster';
import { apiRegistration } from './api-registration';
import { LoopbackServer } from './loopback-server';

/** What the answer is made from: the path below the version of the group, and the query. */
export type Answer = (path: string, query: URLSearchParams) => Promise<object | undefined>;

/**
 * A group of the Kubernetes API that the test itself answers for. The API server reaches it on loopback through a
 * Service that is nothing but another name for `localhost`.
 */
export class ApiExtension {
  private readonly server: LoopbackServer;

  /** @param answer gives the body, or undefined for what is not found; one that throws is an error of the server */
  constructor(
    cluster: Cluster,
    private readonly client: Client,
    private readonly api: { readonly group: string; readonly version: string; readonly resources: readonly object[] },
    private readonly answer: Answer,
  ) {
    this.server = new LoopbackServer(cluster, (request, response) => this.respond(request, response));
  }

  /** Listens, and tells the API server where. */
  async start(): Promise<void> {
    await this.server.start();
    for (const manifest of this.registration()) await this.client.apply(manifest);
  }

  /** A service of the API that nobody answers for would keep every namespace from being deleted. */
  async stop(): Promise<void> {
    for (const manifest of this.registration().reverse()) await this.client.delete(manifest);
    await this.server.stop();
  }

  private registration(): Manifest[] {
    const service = { name: this.api.group.replaceAll('.', '-'), namespace: 'kube-system' };
    return apiRegistration(this.api, service, this.server.port);
  }

  private async respond({ url = '' }: IncomingMessage, response: ServerResponse): Promise<void> {
    const { group, version, resources } = this.api;
    const { pathname, searchParams } = new URL(url, 'https://localhost');
    const root = `/apis/${group}/${version}`;
    const discovery = { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: `${group}/${version}`, resources };
    const body = pathname === root ? discovery : await this.answer(pathname.slice(root.length), searchParams);
    response.writeHead(body ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(body ?? {}));
  }
}
