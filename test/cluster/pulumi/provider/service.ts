import { version } from '@pulumi/kubernetes/package.json';
import { PluginInfo } from '@pulumi/pulumi/proto/plugin_pb';
import { type IResourceProviderServer, ResourceProviderService } from '@pulumi/pulumi/proto/provider_grpc_pb';
import {
  CheckResponse,
  ConfigureResponse,
  CreateResponse,
  DiffResponse,
  PropertyDiff,
  ProviderHandshakeResponse,
  ReadResponse,
  UpdateResponse,
} from '@pulumi/pulumi/proto/provider_pb';
import { Empty } from 'google-protobuf/google/protobuf/empty_pb';
import { Client } from '../../harness/client';
import type { Cluster } from '../../harness/cluster';
import { type Plugin, serve, unary } from '../grpc';
import { differences } from './differences';
import { announced, idOf, Objects } from './objects';
import { fromWire, type Properties, revealed, toWire } from './properties';

/** What names an object: another name is another object. */
const IDENTITY = ['apiVersion', 'kind', 'metadata.name', 'metadata.namespace'];

/**
 * A Kubernetes provider as thin as the engine allows: each resource is one server-side apply. It stands in for the real
 * provider, which comes from the internet.
 */
export function serveProvider(cluster: Cluster): Promise<Plugin> {
  const objects = new Objects(new Client(cluster));
  const methods = {
    handshake: unary(() => new ProviderHandshakeResponse().setAcceptSecrets(true)),
    attach: unary(() => new Empty()),
    getPluginInfo: unary(() => new PluginInfo().setVersion(version)),
    checkConfig: unary((request) => new CheckResponse().setInputs(request.getNews())),
    diffConfig: unary(() => new DiffResponse()),
    configure: unary(() => new ConfigureResponse().setAcceptsecrets(true).setSupportspreview(true)),
    cancel: unary(() => new Empty()),
    check: unary((request) => new CheckResponse().setInputs(request.getNews())),

    diff: unary((request) => diff(fromWire(request.getOldInputs()), fromWire(request.getNews()))),

    create: unary(async (request) => {
      const inputs = fromWire(request.getProperties());
      if (request.getPreview()) await objects.rehearse(inputs);
      const outputs = request.getPreview() ? announced(inputs) : await objects.apply(inputs);
      return new CreateResponse().setId(request.getPreview() ? '' : idOf(outputs)).setProperties(toWire(outputs));
    }),

    read: unary(async (request) => {
      const found = await objects.read(fromWire(request.getInputs()));
      if (found === undefined) return new ReadResponse();
      const response = new ReadResponse().setId(idOf(found.outputs));
      return response.setInputs(toWire(found.inputs)).setProperties(toWire(found.outputs));
    }),

    update: unary(async (request) => {
      const inputs = fromWire(request.getNews());
      if (request.getPreview()) await objects.rehearse(inputs);
      const outputs = request.getPreview()
        ? { ...fromWire(request.getOlds()), ...inputs }
        : await objects.apply(inputs);
      return new UpdateResponse().setProperties(toWire(outputs));
    }),

    delete: unary(async (request) => {
      await objects.delete(fromWire(request.getProperties()));
      return new Empty();
    }),
  } satisfies Partial<IResourceProviderServer>;
  return serve(ResourceProviderService, methods);
}

function diff(before: Properties, after: Properties): DiffResponse {
  const changes = differences(revealed(before), revealed(after));
  const response = new DiffResponse().setHasdetaileddiff(true).setDeletebeforereplace(true);
  response.setChanges(changes.size > 0 ? DiffResponse.DiffChanges.DIFF_SOME : DiffResponse.DiffChanges.DIFF_NONE);
  response.setReplacesList(IDENTITY.filter((path) => changes.has(path)));
  for (const [path, kind] of changes) {
    response.getDetaileddiffMap().set(path, new PropertyDiff().setKind(kind).setInputdiff(true));
  }
  return response.setDiffsList([...new Set([...changes.keys()].map((path) => /^\w+/.exec(path)?.[0] ?? path))]);
}
