import type { ApiObject } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import type { Ingress } from 'kubernetes-types/networking/v1';
import { formatSeconds, seconds } from '../../core/durations';
import { kubernetesObject } from '../../core/kubernetes-object';
import { observedServers } from '../../core/observed';
import { InvalidInput, show } from '../../core/problem';
import { parse } from '../../core/schema';
import { gatewayDuration, httpRoute } from '../../crds/gateway';
import { serversTransport } from '../../crds/traefik';
import { LABELS } from '../../platform/labels';
import { Platform } from '../../platform/platform';
import { warn } from '../../platform/warnings';
import { controllerNamespace, type IngressController } from './controllers';
import { ingress, nginxSeconds } from './ingress';
import { type PublicEndpointProps, type PublicEndpointSettings, publicEndpointSchema } from './public-endpoint-props';

/** Seconds between the target's answer and the caller's: two hops inside a zone and a proxy's work, with room. */
const MARGIN = 0.01;

const TRANSPORT = 'traefik.ingress.kubernetes.io/service.serverstransport';

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
    const problems = this.problems();
    if (problems.length > 0) {
      throw new InvalidInput(problems.map((text) => ({ where: this.node.path, text })));
    }
    this.route = this.emit();
    this.settings.target.allowFrom(this.peer());
  }

  private emit(): ApiObject {
    const { target, host, path, gateway, ingress: controller, timeout, tls } = this.settings;
    const metadata = { name: this.name, labels: { [LABELS.name]: this.name, [LABELS.component]: 'public-endpoint' } };
    const port = portOf(target.addresses.http);
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

  private problems(): string[] {
    const { target, gateway, ingress: controller, tls, plainHttp, path } = this.settings;
    const problems: string[] = [];
    if ((gateway === undefined) === (controller === undefined)) {
      const given = gateway === undefined ? 'none' : 'both';
      problems.push(
        `gateway or ingress must be given, one of the two, got ${given}: name the Gateway, or the controller`,
      );
    }
    if (gateway !== undefined && !this.platform.cluster.has('gateway-api')) {
      problems.push(
        "gateway must be in a cluster with the add-on 'gateway-api': add it to cluster.addons or set ingress",
      );
    }
    if (gateway?.controller === 'traefik') {
      problems.push(
        "gateway.controller must honour the timeouts of a route, got 'traefik', which ignores them: set ingress to 'traefik' instead",
      );
    }
    if (gateway !== undefined && tls !== undefined) {
      problems.push(
        'tls is for an Ingress: a Gateway has its certificate itself, name its listener for HTTPS in gateway.listener',
      );
    }
    const encrypted = gateway === undefined ? tls !== undefined : gateway.listener !== undefined;
    if (this.platform.production && !encrypted && !plainHttp) {
      problems.push(
        `${gateway === undefined ? 'tls' : 'gateway.listener'} must be given in production: without it, requests travel unencrypted, which plainHttp: true allows`,
      );
    }
    if (Platform.of(target) !== this.platform) {
      problems.push(
        `target must be in the platform '${this.platform.node.id}', got '${target.node.path}': make the endpoint there`,
      );
    }
    if (target.addresses.http === undefined) {
      problems.push(`target must have a port called http, got ${show(Object.keys(target.addresses))}`);
    }
    const metrics = observedServers(target).flatMap((server) => server.metrics ?? []);
    for (const exposed of metrics.filter((candidate) => candidate.port === 'http' && isBelow(candidate.path, path))) {
      problems.push(
        `path must leave the target's metrics inside, got '${path}', and '${exposed.path}' lies below it: name what is to be reached`,
      );
    }
    if (
      controller === 'traefik' &&
      Object.hasOwn(Object(target.nodes.service.metadata.toJson().annotations), TRANSPORT)
    ) {
      problems.push(
        `target must have one endpoint by traefik, got another for '${target.name}': Traefik keeps one timeout for a Service`,
      );
    }
    return [...problems, ...this.timeProblems()];
  }

  private timeProblems(): string[] {
    const { target, timeout, clientTimeout } = this.settings;
    const problems: string[] = [];
    const { deadlineSeconds } = target;
    if (deadlineSeconds !== undefined && seconds(timeout) < deadlineSeconds + MARGIN) {
      const sum = formatSeconds(Number((deadlineSeconds + MARGIN).toPrecision(12)));
      problems.push(
        `timeout must leave the target its deadline, ${formatSeconds(deadlineSeconds)} + ${formatSeconds(MARGIN)} on the way = ${sum}, got '${timeout}': raise it or shorten the deadline`,
      );
    }
    if (clientTimeout !== undefined && seconds(timeout) > seconds(clientTimeout)) {
      problems.push(
        `timeout must be at most clientTimeout, '${clientTimeout}', got '${timeout}': callers would have left`,
      );
    }
    return problems;
  }
}

function isBelow(path: string, prefix: string): boolean {
  return prefix === '/' || path === prefix || path.startsWith(`${prefix}/`);
}

/** The port of an address such as `ranker.shop.svc:8000`; the props were checked to have one. */
function portOf(address = ''): number {
  return Number(address.slice(address.lastIndexOf(':') + 1));
}
