import { z } from 'zod';
import { durationSchema } from '../core/durations';
import { must, pattern, text } from '../core/schema';

const nameRule = must("be the name of an alert, of letters, digits and '_', from a letter on");
const alertName = pattern<string>(/^[A-Za-z]\w*$/, nameRule);

/** Checks {@link TrainOn}. */
export const trainOnSchema = z.strictObject({
  /**
   * The alerts, each of which starts a run when it fires: by the name of one that is raised anyway, or with an expression
   * that Monitoring is to raise one by.
   * @example [{ name: 'NewClicks', expr: 'time() - clicks_partition_timestamp_seconds < 3600', for: '5m' }]
   */
  alerts: z
    .array(
      z.union(
        [
          alertName,
          z.strictObject({
            /** Its name, such as `RankerDrift`. */
            name: alertName,
            /** PromQL that gives a value while the alert is to fire. */
            expr: text('an expression of PromQL'),
            /**
             * How long it must hold before the alert fires.
             * @default - none
             */
            for: durationSchema.optional(),
          }),
        ],
        { error: must("be the name of an alert, like 'RankerDrift', or { name, expr, for }") },
      ),
    )
    .min(1, { error: must('have at least one alert') })
    .readonly(),
  /**
   * How long after the end of a run none is started by an alert.
   * @default '6h'
   */
  cooldown: durationSchema.default('6h'),
});

/** When an alert starts a run. @interface */
export type TrainOn = z.input<typeof trainOnSchema>;
