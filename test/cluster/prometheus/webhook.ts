import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** An alert as Alertmanager posts it. */
export interface PostedAlert {
  readonly status: 'firing' | 'resolved';
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Takes what Alertmanager's webhook sends, in place of a pager. */
export class Webhook {
  readonly received: PostedAlert[] = [];
  private readonly server = createServer((request, response) => {
    text(request).then(
      (body) => {
        const { alerts }: { alerts: PostedAlert[] } = JSON.parse(body);
        this.received.push(...alerts);
        response.writeHead(200).end();
      },
      () => response.writeHead(400).end(),
    );
  });

  async start(): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject).listen(0, '127.0.0.1', resolve);
    });
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
  }

  /** The firing alert of a name about a server, if it is among those that arrived after the first so many. */
  about(alertname: string, server: string, after: number): PostedAlert | undefined {
    return this.received
      .slice(after)
      .find(({ status, labels }) => status === 'firing' && labels.alertname === alertname && labels.server === server);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    if (this.server.listening) await new Promise((resolve) => this.server.close(resolve));
  }
}
