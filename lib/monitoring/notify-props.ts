import { z } from 'zod';
import { nameSchema } from '../core/names';
import { must, oneOf, pattern, wholeNumber } from '../core/schema';
import { secretRefSchema } from '../core/secrets';

/** An address that alerts are posted to. */
export const endpointShape = {
  /** A Secret with the URL, which holds the token that lets one post. */
  url: secretRefSchema,
  /**
   * Port of that URL, the only one that is opened for it.
   * @default 443
   */
  port: wholeNumber({ min: 1, max: 65_535, of: 'a port' }).default(443),
};

const robotShape = {
  ...endpointShape,
  /**
   * Language of the words around an alert's own text.
   * @default 'en'
   */
  language: oneOf(['en', 'zh']).default('en'),
};

const ADDRESS = /^[^\s@,<>"{}]+@[^\s@,<>"{}]+$/;
const addressSchema = pattern<string>(ADDRESS, must("be an e-mail address, like 'oncall@example.com'"));

const smarthostSchema = pattern<`${string}:${number}`>(
  /^[A-Za-z0-9.-]+:\d{1,5}$/,
  must("be a mail server and its port, like 'smtp.example.com:587'"),
  (value) => portOf(value) >= 1 && portOf(value) <= 65_535,
);

/** The port of `host:port`. */
export function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(':') + 1));
}

/** Where messages go, by `type`. What lets one post is in a Secret, and is read anew for each message. */
const destinationSchema = z.discriminatedUnion('type', [
  /** A channel of Slack, by an incoming webhook. */
  z.strictObject({ type: z.literal('slack'), ...endpointShape }),
  /** A group of DingTalk, by a custom robot. */
  z.strictObject({
    type: z.literal('dingtalk'),
    ...robotShape,
    /**
     * A Secret with the key by which messages are signed (SEC…).
     * @default - they are not signed
     */
    secret: secretRefSchema.optional(),
  }),
  /** A group of WeCom (WeChat Work), by a group robot. */
  z.strictObject({ type: z.literal('wecom'), ...robotShape }),
  /** A group of Feishu or Lark, by a custom bot. */
  z.strictObject({
    type: z.literal('feishu'),
    ...robotShape,
    /**
     * A Secret with the key by which messages are signed.
     * @default - they are not signed
     */
    secret: secretRefSchema.optional(),
  }),
  /** Mail, over TLS. */
  z
    .strictObject({
      type: z.literal('email'),
      /** Who gets it. */
      to: z.array(addressSchema).min(1),
      /** Who it is from. */
      from: addressSchema,
      /** The mail server: TLS from the start at port 465, STARTTLS at others. */
      smarthost: smarthostSchema,
      /** @default - nobody logs in */
      username: z.string().min(1).optional(),
      /**
       * A Secret with the password of `username`.
       * @default - nobody logs in
       */
      password: secretRefSchema.optional(),
    })
    .check(({ value, issues }) => {
      if ((value.username === undefined) === (value.password === undefined)) return;
      const [missing, given] = value.username === undefined ? ['username', 'password'] : ['password', 'username'];
      const message = must(`be there, as ${given} is`, 'a mail server asks for both')({});
      issues.push({ code: 'custom', path: [missing], input: undefined, message });
    }),
  /** A service of PagerDuty, by its Events API v2. */
  z.strictObject({
    type: z.literal('pagerduty'),
    /** A Secret with the service's integration key. */
    routingKey: secretRefSchema,
  }),
  /** Whatever takes the JSON of Alertmanager's webhook. */
  z.strictObject({
    type: z.literal('webhook'),
    ...endpointShape,
    /**
     * A Secret with a bearer token.
     * @default - none is sent
     */
    token: secretRefSchema.optional(),
  }),
]);

const notificationSchema = z
  .strictObject({
    to: destinationSchema,
    /**
     * Which alerts. `info` are events, such as the start and the success of a training run: they come once and are not
     * resolved. Alerts of a severity that recstack doesn't know, or of none, are treated as warnings.
     * @default ['critical', 'warning']
     */
    severities: z
      .array(oneOf(['critical', 'warning', 'info']))
      .min(1)
      .default(['critical', 'warning']),
    /**
     * What they are about: `servers` are model servers, funnels and stores.
     * @default 'everything'
     */
    about: oneOf(['everything', 'servers', 'training']).default('everything'),
  })
  .check(({ value: { to, severities }, issues }) => {
    if (to.type !== 'pagerduty' || !severities.includes('info')) return;
    const message = must(
      'be critical or warning for PagerDuty',
      'an event wakes nobody, send it to a chat',
    )({
      input: severities,
    });
    issues.push({ code: 'custom', path: ['severities'], input: severities, message });
  });

/** Receivers beside those of a user: Alertmanager refuses a configuration with a name twice. */
export const OWN_RECEIVERS = { nobody: 'nobody', default: 'default' } as const;

const receiverName = nameSchema.refine((name) => !Object.hasOwn(OWN_RECEIVERS, name), {
  error: must("be a name of your own, not 'nobody' or 'default'"),
});

/** Checks who is told of what, by a name of your own, which Alertmanager shows and remembers. */
export const notifySchema = z.record(receiverName, notificationSchema);

/** Where messages go, checked. */
export type Destination = z.output<typeof destinationSchema>;

/** One that is told of alerts, checked. */
export type Notification = z.output<typeof notificationSchema>;

/** All of them, by name. */
export type Notifications = Readonly<Record<string, Notification>>;
