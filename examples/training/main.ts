import type { PersistentVolumeClaim } from 'kubernetes-types/core/v1';
import { z } from 'zod';
import { clusterSchema, kubernetesObject, Platform, Stack, TrainingJob, trainingJobSchema } from '../../lib';

/** Every night, trainer/train.py on several nodes: it saves, survives what interrupts it, and leaves its model. */
export default new Stack({
  environment: z.strictObject({
    cluster: clusterSchema,
    checkpoints: z.strictObject({
      size: z.string(),
      storageClass: z.string(),
      every: trainingJobSchema.shape.checkpoints.unwrap().shape.every,
    }),
    training: trainingJobSchema
      .pick({ nodes: true, gpusPerNode: true, gpuType: true, resources: true, hyperparameters: true })
      .partial({ gpuType: true }),
  }),
  compose(app, { cluster, checkpoints, training }, { images }) {
    const shop = new Platform(app, 'training', { cluster, images });
    kubernetesObject<PersistentVolumeClaim>(shop, 'claim', {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'checkpoints' },
      spec: {
        // All nodes write to it.
        accessModes: ['ReadWriteMany'],
        storageClassName: checkpoints.storageClass,
        resources: { requests: { storage: checkpoints.size } },
      },
    });
    new TrainingJob(shop, 'two-tower', {
      image: 'registry.example.com/shop/two-tower-trainer:1.0.0',
      command: ['python', 'train.py'],
      ...training,
      checkpoints: { claim: 'checkpoints', every: checkpoints.every },
      schedule: '0 2 * * *',
      timeZone: 'Asia/Shanghai',
      deadline: '4h',
      // A wrong configuration, and a loss that is no number: see trainer/config.py.
      fatalExitCodes: [2, 3],
    });
  },
});
