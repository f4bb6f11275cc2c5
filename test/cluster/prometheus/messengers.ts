import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';

/** What one of the messengers was sent. */
export interface Message {
  readonly to: string;
  readonly body: unknown;
  readonly authorization?: string;
}

export const KEYS = { dingtalk: 'SEC-of-dingtalk', feishu: 'key of feishu' } as const;

/**
 * Slack, PagerDuty, webhooks, and the robots of DingTalk, WeCom and Feishu, as their documentation describes them: robots
 * answer 200 whatever they think of a message, with a code in the body, and two of them want a signature.
 *
 * @see https://open.dingtalk.com/document/orgapp/customize-robot-security-settings
 * @see https://developer.work.weixin.qq.com/document/path/91770
 * @see https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot
 */
export class Messengers {
  readonly received: Message[] = [];
  /** How many of the next messages to a robot are refused, by its name. */
  readonly refusing = new Map<string, number>();
  /** How many have been refused. */
  readonly refused = new Map<string, number>();
  private readonly server = createServer((request, response) => {
    this.answer(request).then(
      (answer) => response.writeHead(200, { 'content-type': 'application/json' }).end(answer),
      () => response.writeHead(400).end(),
    );
  });
  private address = '';

  async start(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject).listen(0, '127.0.0.1', resolve);
    });
    this.address = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  url(name: string): string {
    return `${this.address}/${name}?token=of-${name}`;
  }

  to(name: string): Message[] {
    return this.received.filter(({ to }) => to === name);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    if (this.server.listening) await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(request: IncomingMessage): Promise<string> {
    const url = new URL(request.url ?? '', this.address);
    const name = url.pathname.slice(1);
    const body: Record<string, unknown> = JSON.parse(await text(request));
    const left = this.refusing.get(name) ?? 0;
    const wrong = url.searchParams.get('token') !== `of-${name}` || !isSigned(name, url.searchParams, body);
    if (left > 0 || wrong) {
      this.refusing.set(name, left - 1);
      this.refused.set(name, (this.refused.get(name) ?? 0) + 1);
      return JSON.stringify(
        name === 'feishu' ? { code: 19021, msg: 'refused' } : { errcode: 310000, errmsg: 'refused' },
      );
    }
    const { authorization } = request.headers;
    this.received.push({ to: name, body, ...(authorization === undefined ? {} : { authorization }) });
    if (name === 'feishu') return JSON.stringify({ code: 0, msg: 'success', data: {} });
    return name === 'dingtalk' || name === 'wecom' ? JSON.stringify({ errcode: 0, errmsg: 'ok' }) : 'ok';
  }
}

function isSigned(name: string, query: URLSearchParams, body: Record<string, unknown>): boolean {
  if (name === 'dingtalk') {
    const milliseconds = query.get('timestamp') ?? '';
    const expected = createHmac('sha256', KEYS.dingtalk).update(`${milliseconds}\n${KEYS.dingtalk}`).digest('base64');
    return isRecent(Number(milliseconds) / 1000) && query.get('sign') === expected;
  }
  if (name === 'feishu') {
    const { timestamp, sign } = body;
    return (
      isRecent(Number(timestamp)) && sign === createHmac('sha256', `${timestamp}\n${KEYS.feishu}`).digest('base64')
    );
  }
  return true;
}

function isRecent(seconds: number): boolean {
  return Math.abs(Date.now() / 1000 - seconds) < 3600;
}

/** A mail server that keeps what it gets, once somebody has logged in. */
export class MailServer {
  readonly received: { readonly login: string; readonly to: string[]; readonly data: string }[] = [];
  private readonly sockets = new Set<Socket>();
  private readonly server = createTcpServer((socket) => this.talk(socket));

  async start(): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject).listen(0, '127.0.0.1', resolve);
    });
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    if (this.server.listening) await new Promise((resolve) => this.server.close(resolve));
  }

  private talk(socket: Socket): void {
    this.sockets.add(socket.setEncoding('utf8').on('error', () => socket.destroy()));
    const mail = { login: '', to: [] as string[], data: '' };
    let pending = '';
    let reading = false;
    const say = (line: string) => socket.write(`${line}\r\n`);
    const command = (line: string) => {
      if (reading && line === '.') {
        reading = false;
        this.received.push({ ...mail });
        return say('250 kept');
      }
      if (reading) {
        mail.data += `${line}\n`;
        return undefined;
      }
      if (/^EHLO/i.test(line)) return socket.write('250-here\r\n250 AUTH PLAIN\r\n');
      if (/^AUTH PLAIN /i.test(line)) {
        mail.login = Buffer.from(line.slice('AUTH PLAIN '.length), 'base64').toString().replaceAll('\0', '|');
        return say('235 come in');
      }
      if (/^RCPT TO:/i.test(line)) mail.to.push(/<(.*)>/.exec(line)?.[1] ?? '');
      if (/^DATA/i.test(line)) {
        reading = true;
        return say('354 go on');
      }
      if (/^QUIT/i.test(line)) return socket.end('221 bye\r\n');
      return say('250 ok');
    };
    socket.on('data', (chunk) => {
      const lines = `${pending}${chunk}`.split('\r\n');
      pending = lines.pop() ?? '';
      for (const line of lines) command(line);
    });
    say('220 here');
  }
}
