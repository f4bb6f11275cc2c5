import type { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import type { Deployment } from 'kubernetes-types/apps/v1';
import { kubernetesObject } from '../core/kubernetes-object';
import {
  emitProgram,
  type InClusterProgram,
  type InClusterProgramNodes,
  programPod,
} from '../platform/in-cluster-script';
import { selectorLabels, workloadMetadata } from '../platform/labels';
import { Platform } from '../platform/platform';

/** A program of a few files of Python. */
export type InClusterScriptProps = Omit<InClusterProgram, 'component'>;

/** The constructs that run a script. */
export interface InClusterScriptNodes extends InClusterProgramNodes {
  readonly deployment: ApiObject;
}

/** A script that talks to the API server: one pod, with a role that allows just what it does. */
export class InClusterScript extends Construct {
  readonly nodes: InClusterScriptNodes;

  constructor(scope: Construct, id: string, props: InClusterScriptProps) {
    super(scope, id);
    const platform = Platform.of(this);
    const program: InClusterProgram = { ...props, component: 'training-control' };
    const { name } = props;
    this.nodes = {
      ...emitProgram(this, program),
      deployment: kubernetesObject<Deployment>(this, 'deployment', {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: workloadMetadata(name, program.component),
        spec: {
          replicas: 1,
          // Two of them would do the same at the same time.
          strategy: { type: 'Recreate' },
          selector: { matchLabels: selectorLabels({ platform: platform.node.id, name }) },
          template: programPod(this, program),
        },
      }),
    };
  }
}
