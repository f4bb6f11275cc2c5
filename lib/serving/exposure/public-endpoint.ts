import type { ApiObject } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import type { Ingress } from 'kubernetes-types/networking/v1';
import { portOf } from '../../core/callee';
import { seconds } from '../../core/durations';
import { kubernetesObject } from '../../core/kubernetes-object';
import { InvalidInput } from '../../core/problem';
import { parse } from '../../core/schema';
import { gatewayDuration, httpRoute } from '../../crds/gateway';
import { serversTransport } from '../../crds/traefik';
import { LABELS } from '../../platform/labels';
import { Platform } from '../../platform/platform';
import { warn } from '../../platform/warnings';
import { controllerNamespace, type IngressController } from './controllers';
import { ingress, nginxSeconds } from './ingress';
import { problemsOf, TRANSPORT } from './problems';
import { type PublicEndpointProps, type PublicEndpointSettings, publicEndpointSchema } from './public-endpoint-props';

/**
 * The way to a server from outside the cluster, by an HTTPRoute of the Gateway API or by an Ingress: over TLS, with a
 * timeout that leaves the target its own deadline, and without repeating a request that took too long, which would
 * keep two replicas busy with an answer that nobody waits for.
 *
 * @example
 * ```ts
 * new PublicEndpoint(shop, 'public', {
 *   target: ranker,
 *   host: 'reco.example.com',
 *   path: '/v2/models/dlrm',
 *   timeout: '200ms',
 *   gateway: { name: 'public', namespace: 'gateways', listener: 'https' },
 * });
 * ```
 */
export class PublicEndpoint extends Construct {
  /** The HTTPRoute or the Ingress. */
  readonly route: ApiObject;
  private readonly platform: Platform;
  private readonly settings: PublicEndpointSettings;
  private readonly name: string;

  /** @throws InvalidInput with everything that is wrong with the props */
  constructor(scope: Construct, id: string, props: PublicEndpointProps) {
    super(scope, id);
    this.platform = Platform.of(this);
    this.name = this.platform.nameOf(this);
    this.settings = parse(publicEndpointSchema, props, this.node.path);
    const problems = problemsOf(this.platform, this.settings);
    if (problems.length > 0) {
      throw new InvalidInput(problems.map((text) => ({ where: this.node.path, text })));
    }
    this.route = this.emit();
    this.settings.target.allowFrom(this.peer());
  }

  private emit(): ApiObject {
    const { target, host, path, gateway, ingress: controller, timeout, tls } = this.settings;
    const metadata = { name: this.name, labels: { [LABELS.name]: this.name, [LABELS.component]: 'public-endpoint' } };
    const port = portOf(target.addresses.http ?? '');
    if (gateway !== undefined) {
      if (gateway.controller === 'istio') {
        warn(
          this,
          "Istio repeats requests that fail before they are answered, up to twice, and a route can't say otherwise: set meshConfig.defaultHttpRetryPolicy.attempts to 0",
        );
      }
      const time = gatewayDuration(seconds(timeout));
      return httpRoute(this, 'route', {
        metadata,
        spec: {
          parentRefs: [
            {
              name: gateway.name,
              namespace: gateway.namespace,
              ...(gateway.listener === undefined ? {} : { sectionName: gateway.listener }),
            },
          ],
          hostnames: [host],
          rules: [
            {
              matches: [{ path: { type: 'PathPrefix', value: path } }],
              backendRefs: [{ name: target.name, port }],
              timeouts: { request: time, backendRequest: time },
            },
          ],
        },
      });
    }
    // One of the two is there, or the props were refused.
    const served: IngressController = controller ?? 'traefik';
    this.setTimeoutOf(served, metadata);
    return kubernetesObject<Ingress>(
      this,
      'ingress',
      ingress({
        metadata,
        controller: served,
        host,
        path,
        service: target.name,
        port,
        seconds: seconds(timeout),
        secret: tls?.secret,
      }),
    );
  }

  private setTimeoutOf(controller: IngressController, metadata: { readonly name: string }): void {
    const { target, timeout } = this.settings;
    if (controller === 'ingress-nginx') {
      warn(
        this,
        'ingress-nginx is retired since March 2026 and gets no security fixes: move to a Gateway or to traefik',
      );
      const whole = nginxSeconds(seconds(timeout));
      if (whole !== seconds(timeout)) {
        warn(this, `timeout is ${timeout}, and ingress-nginx counts in whole seconds: requests end after ${whole}s`);
      }
      return;
    }
    // An Ingress can't say it. Traefik reads the Service to know how to talk to its pods.
    serversTransport(this, 'transport', {
      metadata,
      spec: { forwardingTimeouts: { responseHeaderTimeout: gatewayDuration(seconds(timeout)) } },
    });
    target.nodes.service.metadata.addAnnotation(TRANSPORT, `${this.platform.namespace}-${this.name}@kubernetescrd`);
  }

  /** Who calls the target on behalf of the users. */
  private peer(): kplus.INetworkPolicyPeer {
    const { from, gateway, ingress: controller } = this.settings;
    if (from !== undefined && 'cidr' in from) return kplus.NetworkPolicyIpBlock.ipv4(this, 'load-balancer', from.cidr);
    const namespace =
      from?.namespace ?? gateway?.namespace ?? controllerNamespace(controller ?? 'traefik', this.platform.cluster);
    return kplus.Namespaces.select(this, `${this.name}-proxy`, {
      labels: { 'kubernetes.io/metadata.name': namespace },
    });
  }
}
