import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { App } from 'cdk8s';
import { type Addon, container, ModelServer, Platform, PublicEndpoint, type PublicEndpointProps } from '../../../lib';
import { synthesize } from '../../../lib/testing';
import { locate } from '../../../tools/build';
import { builtOf } from '../harness/built';
import { Client } from '../harness/client';
import { cluster } from '../harness/cluster';
import { installCrds } from '../harness/crds';
import { freePort } from '../harness/ports';
import { applyAll, deleteAll } from '../harness/workloads';
import { Workspace } from '../harness/workspace';

const client = new Client(cluster());
const host = 'reco.example.com';

beforeAll(() => installCrds(client, 'gateway-api', 'traefik'));

function exposed(
  namespace: string,
  endpoint: Omit<PublicEndpointProps, 'target' | 'host' | 'path' | 'timeout'>,
  { port = 8080, addons = ['gateway-api'] as readonly Addon[] } = {},
) {
  const app = new App();
  const shop = new Platform(app, 'shop', { namespace, cluster: { kubernetes: '1.33', addons } });
  const probe = { path: '/ready', port: 'http' };
  const target = new ModelServer(shop, 'ranker', {
    model: { name: 'dlrm', version: '42', uri: 's3://models/dlrm/42', size: '1Gi' },
    runtime: container({
      image: 'registry.example.com/shop/ranker:1.4.2',
      ports: { http: port },
      probes: { startup: probe, readiness: probe, liveness: probe },
      start: () => ({ command: ['/server'], args: [] }),
    }),
    // The pods here run no container: the Service leads to a server on loopback instead.
    transform: { service: { spec: { type: 'ExternalName', externalName: 'localhost', selector: null } } },
  });
  new PublicEndpoint(shop, 'public', { target, host, path: '/v1', timeout: '200ms', ...endpoint });
  return synthesize(app);
}

const WAYS = {
  gateway: { gateway: { name: 'public', namespace: 'gateways', listener: 'https' } },
  traefik: { ingress: 'traefik', tls: { secret: 'reco-tls' } },
  nginx: { ingress: 'ingress-nginx', tls: { secret: 'reco-tls' } },
} as const satisfies Record<string, object>;

test.each(Object.entries(WAYS))('%s: what is written is admitted and kept', async (name, way) => {
  const manifests = exposed(`exposure-${name}`, way);
  try {
    for (const manifest of manifests.all) {
      const { warnings } = await client.apply(manifest);
      expect({ kind: manifest.kind, warnings }).toEqual({ kind: manifest.kind, warnings: [] });
    }
    const routes = ['HTTPRoute', 'Ingress', 'ServersTransport'].flatMap((kind) => manifests.ofKind(kind));
    for (const route of routes) expect((await client.get(route)).spec).toMatchObject(route.spec as object);
    expect(routes).toHaveLength(name === 'traefik' ? 2 : 1);
  } finally {
    await deleteAll(client, manifests.all);
  }
});

test('a time that is no Duration of the Gateway API is refused there (GEP-2257)', async () => {
  const { metadata, ...route } = exposed('exposure-duration', WAYS.gateway).get('HTTPRoute', 'public');
  const spec = JSON.parse(JSON.stringify(route.spec).replaceAll('200ms', '0.2s'));
  const refused = { ...route, spec, metadata: { ...metadata, namespace: 'default' } };
  await expect(client.apply(refused, { dryRun: true })).rejects.toThrow(
    'spec.rules[0].timeouts.request in body should match',
  );
});

describe('through a real Traefik', () => {
  const workspace = new Workspace();
  const asked: string[] = [];
  const server = createServer((incoming, answer) => {
    asked.push(`${incoming.method} ${incoming.url}`);
    // What is slow is never answered: only the proxy can end it.
    if (incoming.url !== '/v1/slow') answer.end('ranked');
  });
  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await workspace.stop();
  });

  const isBuilt = builtOf(['traefik']).length > 0;
  const title = isBuilt
    ? 'requests arrive, end with 504 at the timeout, and are not repeated (kserve#3149)'
    : 'traefik is not built: npx tsx tools/build.ts --only traefik';
  (isBuilt ? test : test.skip)(title, async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const [plain, encrypted] = [await freePort(), await freePort()];
    const manifests = exposed('exposure-traffic', WAYS.traefik, { port });
    const { caFile, url, token } = cluster();
    const encoded = (file: string) => readFileSync(file).toString('base64');
    try {
      await applyAll(client, manifests.all);
      await client.apply({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'reco-tls', namespace: 'exposure-traffic' },
        type: 'kubernetes.io/tls',
        // Any certificate does: who it is for is not what is tested.
        data: { 'tls.crt': encoded(caFile), 'tls.key': encoded(caFile.replace(/crt$/, 'key')) },
      });
      await client.apply({
        apiVersion: 'networking.k8s.io/v1',
        kind: 'IngressClass',
        metadata: { name: 'traefik' },
        spec: { controller: 'traefik.io/ingress-controller' },
      });
      const providers = ['kubernetesingress', 'kubernetescrd'].flatMap((name) => [
        `--providers.${name}.endpoint=${url}`,
        `--providers.${name}.token=${token}`,
        `--providers.${name}.certauthfilepath=${caFile}`,
        `--providers.${name}.namespaces=exposure-traffic`,
        `--providers.${name}.allowexternalnameservices=true`,
      ]);
      const program = workspace.start('traefik', await locate('traefik'), [
        ...providers,
        `--entrypoints.web.address=127.0.0.1:${plain}`,
        `--entrypoints.websecure.address=127.0.0.1:${encrypted}`,
        '--global.checknewversion=false',
        '--global.sendanonymoususage=false',
      ]);
      await program.ready(async () => expect(await ask(encrypted, 'GET', '/v1/fast')).toBe(200), 60);
      asked.length = 0;
      for (const method of ['GET', 'POST']) expect(await ask(encrypted, method, '/v1/slow')).toBe(504);
      expect(await ask(encrypted, 'GET', '/v1/fast')).toBe(200);
      expect(await ask(encrypted, 'GET', '/metrics')).toBe(404);
      expect(asked).toEqual(['GET /v1/slow', 'POST /v1/slow', 'GET /v1/fast']);
    } finally {
      await client.delete({ apiVersion: 'networking.k8s.io/v1', kind: 'IngressClass', metadata: { name: 'traefik' } });
      await deleteAll(client, manifests.all);
    }
  });
});

/** The status of the answer to a request by TLS for the public name. */
function ask(port: number, method: string, path: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, method, path, headers: { host }, rejectUnauthorized: false };
    const outgoing = request({ ...options, servername: host, agent: false, timeout: 10_000 }, (answer) => {
      answer.resume().once('end', () => resolve(answer.statusCode));
    });
    outgoing.once('timeout', () => outgoing.destroy(new Error('no answer in 10 s')));
    outgoing.once('error', reject).end(method === 'POST' ? '{}' : undefined);
  });
}
