import type { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';
import { kubernetesObject } from '../core/kubernetes-object';

/** One call of a node: to another node of the graph, or to an address. */
export type InferenceStep = {
  readonly name: string;
  /** What is sent: what came in, or what the step before answered. */
  readonly data?: '$request' | '$response';
  /** `Hard` ends the graph with the step's answer when it fails; without it, the answer of a failure goes on. */
  readonly dependency?: 'Hard';
} & ({ readonly nodeName: string } | { readonly serviceUrl: string });

/**
 * An InferenceGraph of KServe, with the fields in use. `timeout` is not among them: only Knative looks at it, and there
 * is none for a step (kserve#3149).
 *
 * @see https://github.com/kserve/kserve/blob/v0.15.0/pkg/apis/serving/v1alpha1/inference_graph.go
 */
export interface InferenceGraph {
  readonly apiVersion: 'serving.kserve.io/v1alpha1';
  readonly kind: 'InferenceGraph';
  readonly metadata: {
    readonly name: string;
    readonly labels?: Record<string, string>;
    readonly annotations?: Record<string, string>;
  };
  readonly spec: {
    readonly nodes: Readonly<
      Record<string, { readonly routerType: 'Sequence' | 'Ensemble'; readonly steps: readonly InferenceStep[] }>
    >;
    /** Of the router's pods; without it KServe takes its own defaults. */
    readonly minReplicas?: number;
  };
}

/** Emits an InferenceGraph. */
export function inferenceGraph(scope: Construct, id: string, graph: InferenceGraph): ApiObject {
  return kubernetesObject<InferenceGraph>(scope, id, graph);
}
