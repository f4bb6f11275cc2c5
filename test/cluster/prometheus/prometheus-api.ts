/** A time series at one time, as a query gives it. */
export interface Point {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Target {
  readonly labels: Readonly<Record<string, string>>;
  readonly scrapePool: string;
  readonly scrapeUrl: string;
  readonly health: 'up' | 'down' | 'unknown';
  readonly lastError: string;
}

export interface FiringAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly state: 'pending' | 'firing';
}

/** A node of a parsed expression: of many kinds, of which selectors are told apart. */
interface Syntax {
  readonly type: string;
  readonly name?: string;
  readonly matchers?: readonly { readonly type: string; readonly name: string; readonly value: string }[];
}

/** Prometheus' HTTP API. */
export class PrometheusApi {
  constructor(private readonly address: string) {}

  async query(query: string): Promise<Point[]> {
    const { result } = await this.get<{ result: { metric: Point['metric']; value: [number, string] }[] }>(
      'query',
      query,
    );
    return result.map(({ metric, value: [, text] }) => ({ metric, value: Number(text) }));
  }

  async targets(): Promise<Target[]> {
    return (await this.get<{ activeTargets: Target[] }>('targets?state=active')).activeTargets;
  }

  async alerts(): Promise<FiringAlert[]> {
    return (await this.get<{ alerts: FiringAlert[] }>('alerts')).alerts;
  }

  /** The selectors of an expression, each as an expression of its own. */
  async selectorsIn(expression: string): Promise<string[]> {
    return selectors(await this.get<object>('parse_query', expression));
  }

  async ready(): Promise<void> {
    const { ok, status } = await fetch(`http://${this.address}/-/ready`);
    if (!ok) throw new Error(`Prometheus answers ${status}`);
  }

  /** @throws Error with what Prometheus says of a query that it does not understand */
  private async get<T>(path: string, query?: string): Promise<T> {
    const search = query === undefined ? '' : `?${new URLSearchParams({ query })}`;
    const response = await fetch(`http://${this.address}/api/v1/${path}${search}`);
    const body = (await response.json()) as { status: string; data: T; error?: string };
    if (body.status !== 'success') throw new Error(`${body.error}: ${query ?? path}`);
    return body.data;
  }
}

function selectors(node: object): string[] {
  const { type, name = '', matchers = [] } = node as Syntax;
  if (type === 'vectorSelector') {
    const written = matchers
      .filter((matcher) => matcher.name !== '__name__')
      .map((matcher) => `${matcher.name}${matcher.type}${JSON.stringify(matcher.value)}`);
    return [`${name}{${written.join(',')}}`];
  }
  return Object.values(node).flatMap((part) => (typeof part === 'object' && part !== null ? selectors(part) : []));
}
