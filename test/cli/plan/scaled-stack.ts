import { type App, Chart } from 'cdk8s';
import { Construct } from 'constructs';
import type { HorizontalPodAutoscaler } from 'kubernetes-types/autoscaling/v2';
import { z } from 'zod';
import { kubernetesObject } from '../../../lib/core/kubernetes-object';
import { scaled } from '../../../lib/core/scaled';
import { setTrafficBudget, trafficBudgetSchema } from '../../../lib/core/traffic-budget';
import { Stack } from '../../../lib/stack/stack';

const serverSchema = z.strictObject({
  /** Requests per second of a replica, and those that its autoscaler aims for. */
  rps: z.number().optional(),
  target: z.number(),
  replicas: z.tuple([z.number(), z.number()]),
  gpus: z.number().default(0),
  budget: trafficBudgetSchema.optional(),
});

/** Servers that are nothing but an autoscaler: 100 requests per second and replica would be `rps: 100`. */
export default new Stack({
  environment: z.strictObject({ servers: z.record(z.string(), serverSchema) }),
  compose(app: App, { servers }) {
    const chart = new Chart(app, 'shop', { disableResourceNameHashes: true });
    for (const [name, settings] of Object.entries(servers)) addServer(chart, name, settings);
  },
});

function addServer(chart: Chart, name: string, settings: z.output<typeof serverSchema>): void {
  const { rps, target, gpus, budget } = settings;
  const [minReplicas, maxReplicas] = settings.replicas;
  const server = new Construct(chart, name);
  const autoscaler = kubernetesObject<HorizontalPodAutoscaler>(server, 'autoscaler', {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
      minReplicas,
      maxReplicas,
      metrics: [
        {
          type: 'External',
          external: { metric: { name: 'requests' }, target: { type: 'AverageValue', averageValue: String(target) } },
        },
      ],
    },
  });
  scaled(server, {
    name,
    namespace: 'shop',
    perReplica: rps === undefined ? undefined : { rps },
    readySeconds: 120,
    metricSeconds: 30,
    gpus,
    slos: [],
    objects: [autoscaler],
  });
  if (budget !== undefined) setTrafficBudget(server, budget);
}
