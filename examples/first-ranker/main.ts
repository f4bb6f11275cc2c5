import { z } from 'zod';
import {
  autoscaleOnResources,
  autoscaleOnResourcesSchema,
  clusterSchema,
  ModelServer,
  Monitoring,
  modelSchema,
  Platform,
  Slo,
  Stack,
  triton,
} from '../../lib';

/** One ranking model on Triton, scaled on CPU and watched: the least that is worth running. */
export default new Stack({
  environment: z.strictObject({
    cluster: clusterSchema,
    model: modelSchema,
    autoscaling: autoscaleOnResourcesSchema,
  }),
  compose(app, { cluster, model, autoscaling }, { images }) {
    const shop = new Platform(app, 'first-ranker', { cluster, images });
    const ranker = new ModelServer(shop, 'ranker', {
      model,
      runtime: triton({ version: '25.08' }),
      gpu: { count: 1, type: 'nvidia-l4' },
      slo: Slo.latency({ under: '50ms', objective: '99%' }),
    });
    ranker.autoscale(autoscaleOnResources(autoscaling));
    new Monitoring(shop, 'monitoring');
  },
});
