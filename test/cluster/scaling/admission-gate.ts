import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import type { Manifest } from '../../../lib/synth/manifest';
import type { Client } from '../harness/client';
import type { Cluster } from '../harness/cluster';
import { LoopbackServer } from './loopback-server';

interface Review {
  readonly request: { readonly uid: string; readonly object: unknown };
}

/**
 * Every write of a kind passes it, and waits until the test lets it through: whoever writes does nothing else
 * meanwhile.
 */
export class AdmissionGate {
  private readonly server: LoopbackServer;

  /** @param pass is given the object as it is to be written */
  constructor(
    private readonly cluster: Cluster,
    private readonly client: Client,
    private readonly guarded: {
      readonly name: string;
      readonly namespace: string;
      readonly apiGroups: readonly string[];
      readonly apiVersions: readonly string[];
      readonly resources: readonly string[];
    },
    pass: (object: unknown) => Promise<void>,
  ) {
    this.server = new LoopbackServer(cluster, async (request, response) => {
      const { uid, object } = (await reviewIn(request)).request;
      await pass(object);
      const answer = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: { uid, allowed: true } };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    });
  }

  async start(): Promise<void> {
    await this.server.start();
    await this.client.apply(this.registration());
  }

  async stop(): Promise<void> {
    await this.client.delete(this.registration());
    await this.server.stop();
  }

  private registration(): Manifest {
    const { name, namespace, ...rule } = this.guarded;
    return {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingWebhookConfiguration',
      metadata: { name },
      webhooks: [
        {
          name: `${name}.recstack.test`,
          admissionReviewVersions: ['v1'],
          sideEffects: 'None',
          timeoutSeconds: 30,
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
          rules: [{ ...rule, operations: ['UPDATE'], scope: '*' }],
          clientConfig: {
            url: `https://127.0.0.1:${this.server.port}/`,
            caBundle: readFileSync(this.cluster.caFile).toString('base64'),
          },
        },
      ],
    } as Manifest;
  }
}

async function reviewIn(request: IncomingMessage): Promise<Review> {
  let text = '';
  for await (const part of request.setEncoding('utf8')) text += part;
  return JSON.parse(text);
}
