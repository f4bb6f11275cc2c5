/** A line of a metrics page that holds a value. */
export interface Sample {
  readonly name: string;
  /** What stands between the braces, as it is written; empty without braces. */
  readonly labels: string;
  readonly value: number;
  /** The type that the page gives to its family; `untyped` where it gives none. */
  readonly type: string;
  /** Whether the page says at what time it was measured. */
  readonly stamped: boolean;
}

/** A line of a metrics page, with what it says if it is a sample. */
export type Line = { readonly text: string; readonly sample?: Sample };

const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (NaN|[-+.\de]+)( \d+)?$/;

/**
 * Reads Prometheus' text format. What is neither a comment nor a sample is refused: a fixture with a typo would serve
 * one metric less than it seems to.
 *
 * @see https://github.com/prometheus/docs/blob/main/docs/instrumenting/exposition_formats.md
 */
export function parseExposition(body: string): Line[] {
  let family = '';
  let type = 'untyped';
  return body
    .trimEnd()
    .split('\n')
    .map((text): Line => {
      const declared = /^# TYPE (\S+) (\w+)$/.exec(text);
      if (declared !== null) [, family = '', type = ''] = declared;
      if (text.startsWith('#')) return { text };
      const [, name, labels = '', value, timestamp] = SAMPLE.exec(text) ?? [];
      if (name === undefined) throw new Error(`must be a comment or a sample, got ${text}`);
      const own = ['', '_bucket', '_sum', '_count'].some((suffix) => name === family + suffix);
      const stamped = timestamp !== undefined;
      return { text, sample: { name, labels, value: Number(value), type: own ? type : 'untyped', stamped } };
    });
}

/** The samples of a metrics page. */
export function samplesOf(body: string): Sample[] {
  return parseExposition(body).flatMap(({ sample }) => sample ?? []);
}

/** Whether a sample only grows while its program runs. */
export function isCounter({ type }: Sample): boolean {
  return type === 'counter' || type === 'histogram' || type === 'summary';
}
