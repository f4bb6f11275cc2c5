import { isCounter, type Sample, samplesOf } from './exposition';
import { type FaultName, KUBELET, type ScrapedProgram } from './programs';
import { aboutPods, type Fault, replay } from './replay';

/** Seconds between two values of a series in promtool's tests, and how many there are after the first. */
const STEP_SECONDS = 15;
const STEPS = 100;

/** A server of a shop, and the program that it runs. */
export interface Server {
  readonly name: string;
  readonly program: ScrapedProgram;
}

export interface Situation {
  readonly faults?: readonly FaultName[];
  /** Share of the usual traffic that comes in. @default 1 */
  readonly traffic?: number;
  /** Whether Prometheus reaches the servers. @default true */
  readonly up?: boolean;
  /** What becomes of a value, or undefined for a series that is missing. @default what the program writes */
  readonly value?: (name: string, value: number) => number | undefined;
}

export interface InputSeries {
  readonly series: string;
  readonly values: string;
}

/**
 * What Prometheus would have collected of the servers and of the kubelet in a situation, in promtool's notation: the
 * pages of the real programs, with the labels that relabelling adds.
 */
export function inputSeries(namespace: string, servers: readonly Server[], situation: Situation): InputSeries[] {
  const { faults = [], up = true } = situation;
  return servers.flatMap(({ name, program }) => {
    const pod = `${name}-7d9c8b6f5d-x2x4k`;
    const target = `instance="127.100.0.1:${program.port}",job="${name}",namespace="${namespace}",pod="${pod}"`;
    const cadvisor = aboutPods(KUBELET.fixture, { node: 'node-0', namespace, pods: [pod] });
    return [
      ...collected(program, `up ${up ? 1 : 0}`, target),
      ...(up ? collected(program, program.fixture, target) : []),
      ...collected(KUBELET, cadvisor, 'instance="node-0:10250",job="kubelet",node="node-0"').filter(({ series }) =>
        series.includes(`pod="${pod}"`),
      ),
    ];
  });

  function collected(program: ScrapedProgram, fixture: string, target: string): InputSeries[] {
    const active = faults.flatMap((fault): Fault[] => {
      const change = program.faults[fault];
      return change === undefined ? [] : [{ ...change, since: 0 }];
    });
    const [first, last] = [0, STEPS * STEP_SECONDS].map((at) => samplesOf(replay(fixture, at, active)));
    return (first ?? []).flatMap((sample, i) => {
      const [from, to] = [sample, last?.[i]].map(valueIn);
      if (from === undefined || to === undefined) return [];
      const series = `${sample.name}{${sample.labels === '' ? target : `${sample.labels},${target}`}}`;
      const step = Number.isNaN(from) ? 0 : (to - from) / STEPS;
      return [{ series, values: `${from}+${step}x${STEPS}` }];
    });
  }

  function valueIn(sample: Sample | undefined): number | undefined {
    if (sample === undefined) return undefined;
    const scale = isCounter(sample) ? (situation.traffic ?? 1) : 1;
    return (situation.value ?? keep)(sample.name, sample.value * scale);
  }
}

const keep = (_: string, value: number): number => value;

/** One test for promtool: after so long, these alerts fire, and no other. */
export interface RuleTest {
  readonly name: string;
  readonly input: readonly InputSeries[];
  readonly after: string;
  /** Left out where it does not matter. */
  readonly firing?: readonly {
    readonly alert: string;
    readonly server?: string;
    readonly training?: string;
    /** How many of it there are. @default 1 */
    readonly count?: number;
  }[];
  /** What expressions without labels give then; undefined for nothing. */
  readonly values?: readonly { readonly expr: string; readonly value: number | undefined }[];
}

/** The file with tests for `promtool test rules`; JSON is YAML too. */
export function ruleTestFile(rulesFile: string, tests: readonly RuleTest[], interval = STEP_SECONDS): string {
  return JSON.stringify({
    rule_files: [rulesFile],
    evaluation_interval: `${interval}s`,
    tests: tests.map(({ name, input, after, firing, values = [] }) => ({
      name,
      interval: `${interval}s`,
      input_series: input,
      promql_expr_test: [
        ...values.map(({ expr, value }) => ({
          expr,
          eval_time: after,
          exp_samples: value === undefined ? [] : [{ labels: '{}', value }],
        })),
        ...(firing === undefined ? [] : [alertsFiring(firing, after)]),
      ],
    })),
  });
}

function alertsFiring(firing: NonNullable<RuleTest['firing']>, after: string): object {
  return {
    expr: 'count by (alertname, server, training) (ALERTS{alertstate="firing"})',
    eval_time: after,
    exp_samples: firing.map(({ alert, server, training, count = 1 }) => ({
      labels: `{${Object.entries({ alertname: alert, server, training })
        .flatMap(([label, value]) => (value === undefined ? [] : [`${label}="${value}"`]))
        .join(', ')}}`,
      value: count,
    })),
  };
}

/** What promtool's report in JUnit's form says of each test: nothing when it passed. */
export function failuresIn(junit: string): Map<string, string> {
  const cases = junit.matchAll(/<testcase name="([^"]*)">(?:<failure>([^<]*)<\/failure>)?<\/testcase>/g);
  return new Map([...cases].map(([, name = '', failure = '']) => [name, plain(failure)]));
}

function plain(xml: string): string {
  return xml.replaceAll('&#34;', '"').replaceAll('&#xA;', '\n').replaceAll('&gt;', '>').replaceAll('&lt;', '<');
}
