import type { WriteStream } from 'node:tty';

const LINE_EVERY = 15_000;

/** Tells what goes on during something long: in place on a terminal, else by a line now and then (a log stays short). */
export class Progress {
  private readonly started = Date.now();
  private readonly timer: NodeJS.Timeout;
  private status = '';

  constructor(
    private readonly title: string,
    private readonly out: WriteStream = process.stderr,
  ) {
    if (!out.isTTY) out.write(`${title}: start\n`);
    this.timer = setInterval(() => this.beat(), out.isTTY ? 500 : LINE_EVERY);
    this.timer.unref();
  }

  /** What is going on now. Free to call often. */
  update(status: string): void {
    this.status = status;
  }

  /** The last line: how it ended. */
  end(result: string): void {
    clearInterval(this.timer);
    this.out.write(`${this.out.isTTY ? '\r\x1b[2K' : ''}${this.title}: ${result} (${duration(this.started)})\n`);
  }

  private beat(): void {
    const line = `${this.title}: ${duration(this.started)}, ${this.status}`;
    this.out.write(this.out.isTTY ? `\r\x1b[2K${line.slice(0, this.out.columns - 1)}` : `${line}\n`);
  }
}

/** The time since `start`, as 8 s or 3 m 07 s. */
export function duration(start: number): string {
  const seconds = Math.round((Date.now() - start) / 1000);
  if (seconds < 60) return `${seconds} s`;
  return `${Math.floor(seconds / 60)} m ${String(seconds % 60).padStart(2, '0')} s`;
}
