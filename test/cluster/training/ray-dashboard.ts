import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How a program on Ray does, in Ray's words. */
export type RayStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED';

/**
 * Answers in place of the dashboard of every Ray. The operator asks it by the name of a Service, which nobody resolves
 * here; told that this is its HTTP proxy, it asks here.
 *
 * @see https://docs.ray.io/en/latest/cluster/running-applications/job-submission/rest.html
 */
export class RayDashboard {
  /** What is asked about programs: where, and for which. */
  readonly asked = new Set<string>();
  private status: RayStatus = 'RUNNING';
  private readonly server = createServer((request, response) => {
    const { host, pathname } = new URL(request.url ?? '', 'http://nowhere');
    const id = /^\/api\/jobs\/(.+)$/.exec(pathname)?.[1];
    if (request.method !== 'GET' || id === undefined) {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
      return;
    }
    this.asked.add(`${host} ${id}`);
    const ended = this.status === 'RUNNING' ? {} : { end_time: Date.now() };
    const body = { type: 'SUBMISSION', submission_id: id, status: this.status, start_time: Date.now(), ...ended };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });

  async start(): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject).listen(0, '127.0.0.1', resolve);
    });
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** What programs do from now on. */
  all(status: RayStatus): void {
    this.status = status;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    if (this.server.listening) await new Promise((resolve) => this.server.close(resolve));
  }
}
