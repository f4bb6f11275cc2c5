import type { InferenceGraph, InferenceStep } from '../../crds/kserve-graph';
import { workloadMetadata } from '../../platform/labels';
import type { PlannedSource, PlannedStage } from './plan';

/** The label by which KServe marks the pods of a graph's router. */
export const ROUTER_LABEL = 'serving.kserve.io/inferencegraph';

/**
 * The stages as a graph: a sequence, in which a stage of several sources is an ensemble. The answer of each stage is the
 * request of the next, as it is. What the router of KServe 0.15 can't do is left to the API:
 *
 * - deadlines: it calls with Go's default client, which waits for ever, and `spec.timeout` reaches Knative only
 *   (kserve#3149). A stage that hangs holds the request;
 * - fallbacks: a failed step ends the request, here by `dependency: Hard`; without it, the error would go on as if it
 *   were candidates;
 * - batches: it makes one call for each source;
 * - stages without a source, such as a filter inside the API.
 *
 * Its pods set no seccomp profile, so that Pod Security `restricted` refuses them: the graph runs where the namespace
 * asks less.
 *
 * @see https://github.com/kserve/kserve/blob/v0.15.0/cmd/router/main.go
 */
export function toGraph(name: string, stages: readonly PlannedStage[]): InferenceGraph {
  const called = stages.filter(({ sources }) => sources.length > 0);
  const nodes: Record<string, InferenceGraph['spec']['nodes'][string]> = {
    root: {
      routerType: 'Sequence',
      steps: called.map((stage, i): InferenceStep => {
        const data = i === 0 ? '$request' : '$response';
        const [only, ...more] = stage.sources;
        const to = only === undefined || more.length > 0 ? { nodeName: stage.name } : { serviceUrl: urlOf(only) };
        return { name: stage.name, data, dependency: 'Hard', ...to };
      }),
    },
  };
  for (const { name: stage, sources } of called.filter((candidate) => candidate.sources.length > 1)) {
    nodes[stage] = {
      routerType: 'Ensemble',
      steps: sources.map((source) => ({
        name: source.server.name,
        dependency: 'Hard',
        serviceUrl: urlOf(source),
      })),
    };
  }
  return {
    apiVersion: 'serving.kserve.io/v1alpha1',
    kind: 'InferenceGraph',
    metadata: {
      ...workloadMetadata(name, 'funnel'),
      // Kubernetes' own Deployments, without Knative; newer KServe calls it Standard and knows this name, too.
      annotations: { 'serving.kserve.io/deploymentMode': 'RawDeployment' },
    },
    spec: { nodes },
  };
}

function urlOf({ address, path = '' }: PlannedSource): string {
  return `http://${address}${path}`;
}
