import type { NetworkPolicyEgressRule } from 'kubernetes-types/networking/v1';
import { z } from 'zod';
import { durationSchema } from '../../core/durations';
import { imageSchema } from '../../core/images';
import { nameSchema } from '../../core/names';
import { fraction, percentageSchema } from '../../core/percentages';
import { bytesSchema, cpuSchema } from '../../core/quantities';
import { deferrableText, instance, must, pattern, text, wholeNumber } from '../../core/schema';
import { secretRefSchema } from '../../core/secrets';
import { calleeSchema } from './callees';
import { stagesSchema } from './stages';

const path = pattern<string>(/^\/\S*$/, must("be a path, like '/ready'"));
const words = z.array(text('a word of the command')).min(1).readonly();
const variable = pattern<string>(
  /^(?!RECSTACK_)[A-Za-z_][-.\w]*$/,
  must('be the name of a variable', 'those that start with RECSTACK_ are taken'),
);
const share = percentageSchema.refine((value) => fraction(value) < 1, {
  error: must("be a percentage below 100%, like '99.9%'", 'an objective of 100% leaves no error budget'),
});

/** Checks the user's container that answers requests. */
export const funnelApiSchema = z.strictObject({
  /** Its image, with an exact tag or a digest. */
  image: imageSchema,
  /** The port that it answers on over HTTP; it shows its metrics there, too, at `/metrics`. */
  port: wholeNumber({ min: 1024, max: 65_535, of: 'a port', hint: 'below 1024 takes rights that no pod has here' }),
  /**
   * Paths that Kubernetes asks: for traffic and for a restart. Neither should call the stages: a stage that fails is what
   * fallbacks are for, and would otherwise take all pods of the API away.
   */
  probes: z.strictObject({ ready: path, live: path }),
  /** @default - the image's own */
  command: words.optional(),
  /** @default - the image's own */
  args: words.optional(),
  /**
   * Its environment; values may be known only at apply.
   * @default {}
   */
  env: z.record(variable, deferrableText('the value of a variable')).default({}),
  /**
   * Variables out of Secrets, such as the password of its own database.
   * @default {}
   */
  secretEnv: z.record(variable, secretRefSchema).default({}),
  /** @default 2 */
  replicas: wholeNumber({ min: 1, of: 'replicas' }).default(2),
  /** @default { cpu: '1', memory: '1Gi' } */
  resources: z.strictObject({ cpu: cpuSchema, memory: bytesSchema }).default({ cpu: '1', memory: '1Gi' }),
  /**
   * Time from its start until it answers, at most.
   * @default '60s'
   */
  startup: durationSchema.default('60s'),
  /**
   * Time that it takes at most, after SIGTERM, to finish what it has begun.
   * @default '15s'
   */
  drain: durationSchema.default('15s'),
  /**
   * Name of the priority class of the pods.
   * @default - the cluster's default
   */
  priorityClass: nameSchema.optional(),
});

/** Checks {@link RecommendationFunnelProps}. */
export const recommendationFunnelSchema = z.strictObject({
  /** The container that answers requests: it calls the stages as `funnel.json` tells it. */
  api: funnelApiSchema,
  /** Time for a whole request. All stages, their fallbacks and the overhead must fit into it. */
  deadline: durationSchema,
  /**
   * What no stage has: network, reading and writing messages, the API's own work.
   * @default - a tenth of the deadline
   */
  overhead: durationSchema.optional(),
  /** What a request goes through. */
  stages: stagesSchema,
  /**
   * What else the API calls inside the cluster, by the name under which it finds the addresses: a feature store, say.
   * @default {}
   */
  calls: z.record(text('a name'), calleeSchema).default({}),
  /**
   * What the API calls outside of the platform, such as a database of its own, as rules of a network policy.
   * @default [] - nothing
   */
  egress: z
    .array(
      instance<NetworkPolicyEgressRule>(
        (value) => typeof value === 'object' && value !== null && ('to' in value || 'ports' in value),
        'be a rule of a network policy, { to, ports }',
        'a rule with neither would open everything',
      ),
    )
    .readonly()
    .default([]),
  /**
   * What users of the funnel may expect, as shares of requests. Alerts and dashboards are drawn from it.
   * @default { withinDeadline: '99%', withoutError: '99.9%', withoutFallback: '95%' }
   */
  objectives: z
    .strictObject({
      withinDeadline: share.default('99%'),
      withoutError: share.default('99.9%'),
      withoutFallback: share.default('95%'),
    })
    .prefault({}),
  /**
   * Whether to emit a KServe InferenceGraph of the same stages beside the API, see there for what it can't do. It needs
   * the add-on `kserve`, and a `path` for each source.
   * @default false
   */
  inferenceGraph: z.boolean().default(false),
});

/** Properties of a RecommendationFunnel. @interface */
export type RecommendationFunnelProps = z.input<typeof recommendationFunnelSchema>;

/** The same, checked and with defaults. */
export type FunnelSettings = z.output<typeof recommendationFunnelSchema>;
