import { readFileSync } from 'node:fs';
import { Agent, request as httpsRequest } from 'node:https';
import type { Manifest } from '../../../lib/synth/manifest';
import type { Cluster } from './cluster';

export interface Response<Body> {
  readonly status: number;
  readonly body: Body;
  /** What kubectl would print as `Warning: …`. */
  readonly warnings: readonly string[];
}

/** An object, by what names it. */
export type Reference = Pick<Manifest, 'apiVersion' | 'kind'> & {
  readonly metadata: { readonly name: string; readonly namespace?: string };
};

export interface Live extends Manifest {
  readonly metadata: Manifest['metadata'] & {
    readonly uid: string;
    readonly resourceVersion: string;
    readonly generation?: number;
    readonly deletionTimestamp?: string;
  };
}

/** What the API server refused, in its own words. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

interface Resource {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/**
 * The few calls that the tests make. The clients of the field hide what is tested here: warnings, strict validation of
 * fields, and the words of a refusal.
 */
export class Client {
  private agent: Agent | undefined;
  private readonly resources = new Map<string, Promise<readonly Resource[]>>();

  constructor(private readonly cluster: Pick<Cluster, 'url' | 'token' | 'caFile'>) {}

  /** Applies an object as `kubectl apply --server-side --validate=strict` does. */
  async apply(object: Manifest, { dryRun = false, force = false, manager = 'recstack' } = {}): Promise<Response<Live>> {
    const query = new URLSearchParams({ fieldManager: manager, fieldValidation: 'Strict', force: String(force) });
    if (dryRun) query.set('dryRun', 'All');
    return this.request('PATCH', `${await this.pathOf(object)}?${query}`, object, 'application/apply-patch+yaml');
  }

  async get<T = Live>(reference: Reference): Promise<T> {
    return (await this.request<T>('GET', await this.pathOf(reference))).body;
  }

  /** The objects of a kind, in one namespace or in all. */
  async list<T = Live>(apiVersion: string, kind: string, namespace?: string): Promise<T[]> {
    const path = await this.collection(apiVersion, kind, namespace);
    const { items } = (await this.request<{ items: T[] }>('GET', path)).body;
    // In a list, the API server leaves out what all of it has in common.
    return items.map((item) => ({ apiVersion, kind, ...item }));
  }

  /** Changes a part of an object, as `kubectl patch --type merge`. */
  async patch<T = Live>(reference: Reference, change: object, subresource = ''): Promise<T> {
    const path = `${await this.pathOf(reference)}${subresource && `/${subresource}`}`;
    return (await this.request<T>('PATCH', path, change, 'application/merge-patch+json')).body;
  }

  /** Deletes an object and what it owns; one that is gone already is fine. */
  async delete(reference: Reference): Promise<void> {
    const options = { propagationPolicy: 'Background' };
    await this.request('DELETE', await this.pathOf(reference), options).catch((error: unknown) => {
      if (!(error instanceof Refused && error.status === 404)) throw error;
    });
  }

  /** @throws Refused for every answer that is no success */
  async request<Body>(
    method: string,
    path: string,
    body?: object,
    contentType = 'application/json',
  ): Promise<Response<Body>> {
    const { status, text, warnings } = await this.send(method, path, body && JSON.stringify(body), contentType);
    if (status >= 300) throw new Refused(status, messageOf(text));
    return { status, body: text.startsWith('{') ? JSON.parse(text) : text, warnings };
  }

  private send(method: string, path: string, body: string | undefined, contentType: string) {
    const { url, token, caFile } = this.cluster;
    // Not before the first call: the API server makes its certificate when it starts.
    this.agent ??= new Agent({ keepAlive: true, ca: readFileSync(caFile) });
    const { agent } = this;
    return new Promise<{ status: number; text: string; warnings: string[] }>((resolve, reject) => {
      const request = httpsRequest(`${url}${path}`, {
        method,
        agent,
        headers: {
          authorization: `Bearer ${token}`,
          // Node says how long a body is by itself, but not that of a DELETE.
          ...(body === undefined ? {} : { 'content-type': contentType, 'content-length': Buffer.byteLength(body) }),
        },
      });
      request.once('error', reject).once('response', (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
        response.once('error', reject).once('end', () => {
          resolve({ status: response.statusCode ?? 0, text, warnings: warningsIn(response.rawHeaders) });
        });
      });
      request.end(body);
    });
  }

  private async pathOf({ apiVersion, kind, metadata }: Reference): Promise<string> {
    return `${await this.collection(apiVersion, kind, metadata.namespace)}/${metadata.name}`;
  }

  private async collection(apiVersion: string, kind: string, namespace?: string): Promise<string> {
    const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const resource = (await this.discover(root)).find((candidate) => candidate.kind === kind);
    if (resource === undefined) {
      // What a group lacks now may be installed later.
      this.resources.delete(root);
      throw new Refused(404, `the server has no ${kind} in ${apiVersion}`);
    }
    const scope = resource.namespaced && namespace !== undefined ? `/namespaces/${namespace}` : '';
    return `${root}${scope}/${resource.name}`;
  }

  private discover(root: string): Promise<readonly Resource[]> {
    let resources = this.resources.get(root);
    if (resources === undefined) {
      resources = this.request<{ resources: Resource[] }>('GET', root).then(({ body }) =>
        body.resources.filter(({ name }) => !name.includes('/')),
      );
      this.resources.set(root, resources);
      resources.catch(() => this.resources.delete(root));
    }
    return resources;
  }
}

/** `299 - "text"`, of which there may be several: Node joins equal headers, except in the raw list. */
function warningsIn(rawHeaders: readonly string[]): string[] {
  return rawHeaders
    .filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === 'warning')
    .map((value) => /^\d+ \S+ "(.*)"/.exec(value)?.[1] ?? value);
}

function messageOf(text: string): string {
  try {
    return JSON.parse(text).message ?? text;
  } catch {
    return text;
  }
}
