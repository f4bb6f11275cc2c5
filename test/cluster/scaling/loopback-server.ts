import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import type { Cluster } from '../harness/cluster';

/** A server of the test's own that the API server calls: with the API server's own certificate, which is at hand. */
export class LoopbackServer {
  private readonly server: Server;

  /** @param respond one that throws is an error of the server */
  constructor({ caFile }: Cluster, respond: (request: IncomingMessage, response: ServerResponse) => Promise<void>) {
    const key = readFileSync(join(dirname(caFile), 'apiserver.key'));
    this.server = createServer({ key, cert: readFileSync(caFile) }, (request, response) => {
      respond(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
    });
    // One that is closed after the usual 5 s may be closed just when the API server sends its next call.
    this.server.keepAliveTimeout = 0;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
