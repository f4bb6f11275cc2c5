import type { PersistentVolumeClaim } from 'kubernetes-types/core/v1';
import {
  autoscaleForSlo,
  autoscaleOnDemand,
  kubernetesObject,
  ModelServer,
  Monitoring,
  Platform,
  type Runtime,
  type ScalingPolicy,
  Stack,
  setTrafficBudget,
  TrainingJob,
  tensorflowServing,
  triton,
  vllm,
} from '../lib';
import { type Environment, environmentSchema } from './environment';

/**
 * A shop's recommendation platform: retrieval finds candidates, the ranker orders them, the re-ranker puts the best
 * ones into the order that is shown; the ranker is trained anew every night; all of it is scaled and watched.
 */
export default new Stack({
  environment: environmentSchema,
  compose(app, environment, { images }) {
    const { namespace, cluster, production } = environment;
    const shop = new Platform(app, 'shop', { namespace, cluster, production, images });
    addClaims(shop, environment.claims);

    addServer(shop, 'retrieval', environment.retrieval, tensorflowServing(environment.retrieval.runtime));
    addServer(shop, 'ranker', environment.ranker, triton(environment.ranker.runtime));
    if (environment.reranker) addServer(shop, 'reranker', environment.reranker, vllm(environment.reranker.runtime));

    new TrainingJob(shop, 'ranker-retraining', environment.retraining);
    new Monitoring(shop, 'monitoring', environment.monitoring);
  },
});

type ServerSettings = Environment['retrieval' | 'ranker'];

function addServer(
  shop: Platform,
  id: string,
  { model, gpu, resources, startup, slo, autoscaling, budget }: ServerSettings,
  runtime: Runtime,
): void {
  const server = new ModelServer(shop, id, { model, runtime, gpu, resources, startup, slo });
  server.autoscale(policyOf(autoscaling));
  if (budget) setTrafficBudget(server, budget);
}

function policyOf(autoscaling: ServerSettings['autoscaling']): ScalingPolicy {
  if (autoscaling.by === 'slo') {
    const { by: _, ...settings } = autoscaling;
    return autoscaleForSlo(settings);
  }
  const { by: _, ...settings } = autoscaling;
  return autoscaleOnDemand(settings);
}

function addClaims(shop: Platform, claims: Environment['claims']): void {
  for (const [name, { size, shared, storageClass }] of Object.entries(claims)) {
    kubernetesObject<PersistentVolumeClaim>(shop, `claim-${name}`, {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name },
      spec: {
        accessModes: [shared ? 'ReadWriteMany' : 'ReadWriteOnce'],
        resources: { requests: { storage: size } },
        storageClassName: storageClass,
      },
    });
  }
}
