import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { FaultName, ScrapedProgram } from './programs';
import { type Fault, replay } from './replay';

export interface ReplayOptions {
  /** The loopback address of the pod or node that it stands in for; the port is the program's own. */
  readonly address: string;
  readonly program: ScrapedProgram;
  /** @default that of the program */
  readonly fixture?: string;
  /** Serves by TLS. */
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer };
  /** Whether whoever shows this bearer token may read. @default everybody may */
  readonly authorize?: (token: string) => Promise<boolean>;
}

/** Answers with the metrics page of a program, at the program's own port and path, and with its content type. */
export class ReplayServer {
  private readonly faults: Fault[] = [];
  private readonly started = Date.now();
  private readonly server;

  private constructor(private readonly options: ReplayOptions) {
    const answer = (request: IncomingMessage, response: ServerResponse): void => {
      this.answer(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
    };
    this.server = options.tls === undefined ? createServer(answer) : createTlsServer(options.tls, answer);
  }

  static async start(options: ReplayOptions): Promise<ReplayServer> {
    const stub = new ReplayServer(options);
    const { address, program } = options;
    await new Promise<void>((resolve, reject) => {
      stub.server.once('error', reject).listen(program.port, address, resolve);
    });
    return stub;
  }

  /** From now on, something goes wrong. */
  suffer(fault: FaultName): void {
    const change = this.options.program.faults[fault];
    if (change !== undefined) this.faults.push({ ...change, since: this.seconds });
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    if (this.server.listening) await new Promise((resolve) => this.server.close(resolve));
  }

  private get seconds(): number {
    return (Date.now() - this.started) / 1000;
  }

  private async answer({ url, headers }: IncomingMessage, response: ServerResponse): Promise<void> {
    const { program, fixture = program.fixture, authorize } = this.options;
    if (authorize !== undefined && !(await authorize(headers.authorization?.replace(/^Bearer /, '') ?? ''))) {
      response.writeHead(403).end();
    } else if (url !== program.path) {
      response.writeHead(404).end();
    } else {
      response.writeHead(200, { 'content-type': program.contentType });
      response.end(replay(fixture, this.seconds, this.faults, Date.now()));
    }
  }
}
