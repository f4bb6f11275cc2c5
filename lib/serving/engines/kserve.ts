import { Lazy } from 'cdk8s';
import type { Container } from 'kubernetes-types/core/v1';
import { inferenceService, KSERVE_CONTAINER, predictorName } from '../../crds/kserve';
import { deployment, MAX_SERVER_NAME } from '../deployment';
import type { Engine } from './engine';

/** Who scales: `none`, `external`, or an autoscaler that KServe makes. */
const AUTOSCALER_CLASS = 'serving.kserve.io/autoscalerClass';

/**
 * Cores, more than nodes have. Where there is no limit KServe sets its configuration's, 1 unless that was changed: below
 * what the server asks for, so that its Deployment would be refused.
 */
const NO_LIMIT = '512';

/** Seconds for which a rollout may stand still in KServe, which has no field for it. */
const PROGRESS_SECONDS = 600;

/**
 * KServe in Standard mode (0.16 or newer; RawDeployment before): an InferenceService with the whole pod, of which KServe
 * makes the Deployment `<name>-predictor`. Ports, probes and the pull of the model stay the runtime's own: KServe's
 * other ports belong to its ServingRuntimes. Its Service `<name>-predictor` stands beside that of the server.
 *
 * @see https://github.com/kserve/kserve/blob/v0.20.0/pkg/controller/v1beta1/inferenceservice/reconcilers/deployment/deployment_reconciler.go
 */
export const KSERVE: Engine = {
  addon: 'kserve',
  maxName: MAX_SERVER_NAME - predictorName('').length,
  transform: 'inferenceService',
  bringsService: false,
  container: KSERVE_CONTAINER,
  pods: (name) => `${predictorName(name)}-[a-z0-9]+-[a-z0-9]{5}`,
  // KServe leaves the replicas alone as soon as it is told that somebody else scales.
  scalingTarget: (name) => ({ kind: 'Deployment', apiVersion: 'apps/v1', name: predictorName(name), containers: [] }),
  scaled: (workload) => workload.metadata.addAnnotation(AUTOSCALER_CLASS, 'external'),
  problems({ runtime, model, slo }) {
    const { env = {} } = runtime.start({ artifact: model, folder: runtime.modelFolder(model), gpus: 0, slos: slo });
    // Its webhook refuses the whole object.
    if (!('PYTHONPATH' in env)) return [];
    return [
      `runtime must not set PYTHONPATH with engine 'kserve', which forbids it, but ${runtime.name} does: take engine 'deployment'`,
    ];
  },
  warnings({ derived }) {
    const seconds = derived.pullSeconds + derived.startupSeconds;
    if (seconds <= PROGRESS_SECONDS) return [];
    return [
      `engine 'kserve' calls a rollout failed when it stands still for ${PROGRESS_SECONDS} s, and a replica may take ${seconds} s here: don't roll back on that alone, or take engine 'deployment'`,
    ];
  },
  runtime: (runtime) => runtime,
  minAvailable: () => undefined,
  emit(scope, input) {
    const { strategy, template } = deployment(input).spec;
    const { containers, ...pod } = template.spec;
    return inferenceService(scope, 'deployment', {
      metadata: {
        ...input.metadata,
        // Without it KServe makes an Ingress, and the server can be called from outside.
        labels: { ...input.metadata.labels, 'networking.kserve.io/visibility': 'cluster-local' },
        annotations: {
          'serving.kserve.io/deploymentMode': 'Standard',
          // KServe would make an autoscaler of its own.
          [AUTOSCALER_CLASS]: 'none',
        },
      },
      spec: {
        predictor: {
          ...pod,
          containers: containers.map(server),
          ...template.metadata,
          deploymentStrategy: strategy,
          minReplicas: Lazy.any({ produce: input.replicas }),
        },
      },
    });
  },
};

function server({ resources, ports = [], ...container }: Container): Container {
  return {
    ...container,
    name: KSERVE_CONTAINER,
    // What the API server would add, so that applying twice changes nothing.
    ports: ports.map((port) => ({ ...port, protocol: 'TCP' })),
    resources: { ...resources, limits: { cpu: NO_LIMIT, ...resources?.limits } },
  };
}
