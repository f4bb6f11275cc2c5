import { z } from 'zod';
import { durationSchema } from '../core/durations';
import { imageSchema } from '../core/images';
import { nameSchema } from '../core/names';
import { bytes, bytesSchema, cpuSchema } from '../core/quantities';
import { must, wholeNumber } from '../core/schema';
import { secretRefSchema } from '../core/secrets';

const resourcesSchema = z.strictObject({
  /** CPU that is set aside. */
  cpu: cpuSchema,
  /** Memory, set aside and not to be exceeded. */
  memory: bytesSchema,
});

/** Checks {@link MonitoringProps}. */
export const monitoringSchema = z.strictObject({
  /**
   * Prometheus, which collects the metrics.
   * @default {}
   */
  prometheus: z
    .strictObject({
      /**
       * How long metrics are kept, if they fit.
       * @default '15d'
       */
      retention: durationSchema.default('15d'),
      /**
       * Size of its volume; nine tenths are used.
       * @default '50Gi'
       */
      storage: bytesSchema
        .refine((size) => bytes(size) >= 2 ** 30, { error: must("be '1Gi' or more") })
        .default('50Gi'),
      /** @default { cpu: '500m', memory: '2Gi' } */
      resources: resourcesSchema.default({ cpu: '500m', memory: '2Gi' }),
      /** @default - the one that recstack is tested with */
      image: imageSchema.optional(),
    })
    .prefault({}),
  /**
   * Alertmanager, which groups alerts and sends them on.
   * @default {}
   */
  alertmanager: z
    .strictObject({
      /**
       * A Secret with the URL that alerts are posted to, as Alertmanager's webhook sends them.
       * @default - alerts are shown and sent nowhere
       */
      webhook: secretRefSchema.optional(),
      /**
       * Port of that URL: the only one that Alertmanager may call.
       * @default 443
       */
      webhookPort: wholeNumber({ min: 1, max: 65_535, of: 'a port' }).default(443),
      /** @default - the one that recstack is tested with */
      image: imageSchema.optional(),
    })
    .prefault({}),
  /**
   * Grafana, which draws the dashboards.
   * @default {}
   */
  grafana: z
    .strictObject({
      /**
       * A Secret with the password of the user `admin`, who may log in.
       * @default - nobody logs in; whoever reaches it may look, and nobody may change anything
       */
      adminPassword: secretRefSchema.optional(),
      /** @default - the one that recstack is tested with */
      image: imageSchema.optional(),
    })
    .prefault({}),
  /**
   * Name of the storage class of Prometheus' and Alertmanager's volumes.
   * @default - the cluster's default
   */
  storageClass: nameSchema.optional(),
});

/** Properties of a Monitoring. @interface */
export type MonitoringProps = z.input<typeof monitoringSchema>;

/** The same, checked and with defaults. */
export type MonitoringSettings = z.output<typeof monitoringSchema>;
