import { observedPrometheus } from '../core/observed';
import type { Platform } from '../platform/platform';

/** Where a policy's metrics come from: the Prometheus that it names, or that of its platform's Monitoring. */
export class MetricsSource {
  constructor(
    private readonly platform: Platform,
    private readonly given: string | undefined,
  ) {}

  /** Its address; asked at synth, as Monitoring may be added after the servers. */
  get url(): string {
    const found = observedPrometheus(this.platform);
    return this.given ?? (found === undefined ? '' : `http://${found.name}.${found.namespace}.svc:${found.port}`);
  }

  get port(): number {
    const { port, protocol } = new URL(this.url || 'http://unknown:9090');
    return port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port);
  }

  /** Whether it is the one of the platform, whose doors are ours to open. */
  get isOwn(): boolean {
    return this.given === undefined;
  }

  /** What is wrong with it, as the rest of a message. */
  problems(): string[] {
    if (this.given !== undefined || observedPrometheus(this.platform) !== undefined) return [];
    return [
      "must have a Prometheus to read its metrics from, but the platform has none: add new Monitoring(platform, 'monitoring') or give the policy the address of yours as prometheus",
    ];
  }
}
