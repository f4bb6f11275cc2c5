import { formatSeconds, seconds } from '../../core/durations';
import type { Exposable } from '../../core/exposable';
import { observedServers } from '../../core/observed';
import { InvalidInput, show } from '../../core/problem';
import { Platform } from '../../platform/platform';
import type { PublicEndpointSettings } from './public-endpoint-props';

/** The annotation of a Service by which Traefik finds how to talk to its pods. */
export const TRANSPORT = 'traefik.ingress.kubernetes.io/service.serverstransport';

/** Seconds between the target's answer and the caller's: two hops inside a zone and a proxy's work, with room. */
const MARGIN = 0.01;

/** What is wrong with an endpoint, in sentences. */
export function problemsOf(platform: Platform, settings: PublicEndpointSettings): string[] {
  return [...problemsOfWay(platform, settings), ...problemsOfTarget(platform, settings), ...problemsOfTime(settings)];
}

/** The Gateway or the Ingress, and that requests travel encrypted. */
function problemsOfWay(
  platform: Platform,
  { gateway, ingress: controller, tls, plainHttp }: PublicEndpointSettings,
): string[] {
  const problems: string[] = [];
  if ((gateway === undefined) === (controller === undefined)) {
    const given = gateway === undefined ? 'none' : 'both';
    problems.push(
      `gateway or ingress must be given, one of the two, got ${given}: name the Gateway, or the controller`,
    );
  }
  if (gateway !== undefined && !platform.cluster.has('gateway-api')) {
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
  if (platform.production && !encrypted && !plainHttp) {
    problems.push(
      `${gateway === undefined ? 'tls' : 'gateway.listener'} must be given in production: without it, requests travel unencrypted, which plainHttp: true allows`,
    );
  }
  return problems;
}

/** What is let out, and nothing more than that. */
function problemsOfTarget(platform: Platform, { target, path, ingress: controller }: PublicEndpointSettings): string[] {
  const problems: string[] = [];
  if (Platform.of(target) !== platform) {
    problems.push(
      `target must be in the platform '${platform.node.id}', got '${target.node.path}': make the endpoint there`,
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
  if (controller === 'traefik') {
    const service = serviceOf(target);
    if (service === undefined) {
      problems.push(
        `ingress must not be 'traefik' for '${target.name}', whose engine makes the Service that Traefik reads its timeout from: set gateway, or take another engine`,
      );
    } else if (Object.hasOwn(Object(service.metadata.toJson().annotations), TRANSPORT)) {
      problems.push(
        `target must have one endpoint by traefik, got another for '${target.name}': Traefik keeps one timeout for a Service`,
      );
    }
  }
  return problems;
}

/** That everyone waits a little longer than whom they asked. */
function problemsOfTime({ target, timeout, clientTimeout }: PublicEndpointSettings): string[] {
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

/** Its Service; undefined where an engine makes it, which refuses to give it away. */
function serviceOf(target: Exposable): Exposable['nodes']['service'] | undefined {
  try {
    return target.nodes.service;
  } catch (error) {
    if (InvalidInput.is(error)) return undefined;
    throw error;
  }
}

function isBelow(path: string, prefix: string): boolean {
  return prefix === '/' || path === prefix || path.startsWith(`${prefix}/`);
}
