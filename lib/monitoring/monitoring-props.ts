import { z } from 'zod';
import { durationSchema } from '../core/durations';
import { imageSchema } from '../core/images';
import { nameSchema } from '../core/names';
import { bytes, bytesSchema, cpuSchema } from '../core/quantities';
import { must, wholeNumber } from '../core/schema';
import { secretRefSchema } from '../core/secrets';
import { endpointShape, notifySchema } from './notify-props';

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
       * A Secret with the URL that alerts are posted to, as Alertmanager's webhook sends them. It gets them beside those
       * of {@link MonitoringProps.notify}, but for events.
       * @default - alerts are shown, and sent to those of `notify` only
       */
      webhook: secretRefSchema.optional(),
      /**
       * Port of that URL, the only one that is opened for it.
       * @default 443
       */
      webhookPort: wholeNumber({ min: 1, max: 65_535, of: 'a port' }).default(443),
      /**
       * Who is called every five minutes while all is well, and raises an alarm when that ends: the only way to hear of
       * a monitoring that is down itself.
       * @default - nobody is
       */
      deadManSwitch: z.strictObject(endpointShape).optional(),
      /** @default - the one that recstack is tested with */
      image: imageSchema.optional(),
    })
    .prefault({}),
  /**
   * Who is told of which alerts, by a name of your own.
   * @default {}
   * @example
   * ```ts
   * {
   *   oncall: { to: { type: 'pagerduty', routingKey: { name: 'pagerduty', key: 'routing-key' } }, severities: ['critical'] },
   *   trainers: {
   *     to: { type: 'feishu', url: { name: 'feishu', key: 'url' }, secret: { name: 'feishu', key: 'secret' }, language: 'zh' },
   *     about: 'training',
   *     severities: ['critical', 'info'],
   *   },
   * }
   * ```
   */
  notify: notifySchema.default({}),
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
