import { App } from 'cdk8s';
import type { IConstruct } from 'constructs';
import type { Container, PodSpec } from 'kubernetes-types/core/v1';
import {
  container,
  InvalidInput,
  ModelArtifact,
  type ModelArtifactProps,
  ModelServer,
  type ModelServerProps,
  Platform,
  type PlatformProps,
  type Runtime,
  triton,
} from '../../lib';
import { type Manifests, synthesize } from '../../lib/testing';

/** A platform called shop, alone in an app. */
export function platform(props: Partial<PlatformProps> = {}): Platform {
  return new Platform(new App(), 'shop', { cluster: { kubernetes: '1.33', addons: ['metrics-server'] }, ...props });
}

/** Version 42 of the model dlrm: 18 GiB in the bucket `models`. */
export function model(props: Partial<ModelArtifactProps> = {}): ModelArtifact {
  return ModelArtifact.of({ name: 'dlrm', version: '42', uri: 's3://models/dlrm/42', size: '18Gi', ...props });
}

/** A server called ranker that serves {@link model} on Triton, in a platform of its own unless one is given. */
export function ranker(props: Partial<ModelServerProps> = {}, shop: Platform = platform(), id = 'ranker'): ModelServer {
  return new ModelServer(shop, id, { model: model(), runtime: triton({ version: '25.08' }), ...props });
}

/** A server of one's own that exposes no metrics. */
export function own(props: Partial<Parameters<typeof container>[0]> = {}): Runtime {
  const probe = { path: '/ready', port: 'http' };
  return container({
    image: 'registry.example.com/shop/ranker:1.4.2',
    ports: { http: 8080 },
    probes: { startup: probe, readiness: probe, liveness: probe },
    start: ({ folder }) => ({ command: ['/server'], args: [`--model=${folder}`] }),
    ...props,
  });
}

/** All objects of the app that a construct belongs to. */
export function objectsOf(construct: IConstruct): Manifests {
  return synthesize(construct.node.root);
}

/** The spec of an object. */
export function specOf<T = Record<string, unknown>>(manifests: Manifests, kind: string, name: string): T {
  return manifests.get(kind, name).spec as T;
}

/** The pods of a server called ranker. */
export function podOf(manifests: Manifests, name = 'ranker'): Required<PodSpec> {
  return specOf<{ template: { spec: Required<PodSpec> } }>(manifests, 'Deployment', name).template.spec;
}

/** A container of a pod, by its name. */
export function containerOf(pod: PodSpec, name = 'server'): Required<Container> {
  const found = [...pod.containers, ...(pod.initContainers ?? [])].find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`there is no container '${name}'`);
  return found as Required<Container>;
}

/** The container of a server with these props. */
export function serverContainer(props: Partial<ModelServerProps> = {}): Required<Container> {
  return containerOf(podOf(objectsOf(ranker(props))));
}

/** The plain values of a container's environment. */
export function envOf({ env }: Pick<Container, 'env'>): Record<string, string | undefined> {
  return Object.fromEntries((env ?? []).map(({ name, value }) => [name, value]));
}

/** The lines of the error that a call ends in; none when it ends well. */
export function problemsOf(run: () => unknown): string[] {
  try {
    run();
    return [];
  } catch (error) {
    if (InvalidInput.is(error)) return error.message.split('\n');
    throw error;
  }
}
