import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Bounds,
  ChangeLog,
  type Changes,
  History,
  limited,
  limitedWithoutRules,
  type Rules,
  stabilized,
  stabilizedWithoutRules,
} from '../../../lib/capacity/hpa/limits';
import type { PodGroup, Sample } from '../../../lib/capacity/hpa/pods';
import { proposal, type Reading, type Target, type Tolerance } from '../../../lib/capacity/hpa/proposal';

/*
 * What the controller of Kubernetes 1.37.2 answered in each of its own tests, recorded by upstream/record.ts.
 * Times are seconds from the moment of the sync.
 */

type Entries = readonly { readonly at: number; readonly replicas: number }[];

interface PodCase extends Omit<PodGroup, 'count'> {
  readonly sample?: Sample;
  readonly request?: number;
}

interface Case {
  readonly test: string;
  readonly result: number | null;
}

interface ProposalCase extends Case {
  readonly kind: 'proposal';
  readonly target: Target;
  readonly tolerance: Tolerance;
  readonly specReplicas: number;
  readonly pods: readonly PodCase[] | null;
  readonly total?: number;
  readonly failed: boolean;
  readonly readiness?: { readonly cpuInitializationPeriod: number; readonly initialReadinessDelay: number };
}

interface StabilizeCase extends Case {
  readonly kind: 'stabilize';
  readonly recommendations: Entries;
  readonly up: Rules;
  readonly down: Rules;
  readonly current: number;
  readonly wanted: number;
}

interface LimitCase extends Case {
  readonly kind: 'limit';
  readonly added: Entries;
  readonly removed: Entries;
  readonly up: Rules;
  readonly down: Rules;
  readonly current: number;
  readonly wanted: number;
  readonly min: number;
  readonly max: number;
}

interface LegacyCase extends Case {
  readonly kind: 'legacy';
  readonly recommendations: Entries;
  readonly current: number;
  readonly wanted: number;
  readonly min: number;
  readonly max: number;
  readonly window: number;
}

const cases = JSON.parse(readFileSync(join(__dirname, 'upstream', 'cases.json'), 'utf8')) as readonly (
  | ProposalCase
  | StabilizeCase
  | LimitCase
  | LegacyCase
)[];

function ofKind<K extends (typeof cases)[number]['kind']>(kind: K) {
  return cases
    .filter((one): one is Extract<(typeof cases)[number], { kind: K }> => one.kind === kind)
    .map((one, i) => [`${one.test} (${i})`, one] as const);
}

describe('what a metric asks for', () => {
  test.each(ofKind('proposal'))(
    '%s',
    (_, { target, tolerance, specReplicas, pods, total, failed, readiness, result }) => {
      const list = pods ?? [];
      const reading: Reading =
        total === undefined
          ? { samples: list.map(({ sample }) => sample), requests: list.map(({ request }) => request) }
          : { total };
      const workload = { specReplicas, statusReplicas: specReplicas, pods: list.map((pod) => ({ ...pod, count: 1 })) };
      const circumstances = {
        now: 0,
        tolerance,
        readiness: readiness ?? { cpuInitializationPeriod: 0, initialReadinessDelay: 0 },
      };
      expect(proposal(target, failed ? undefined : reading, workload, circumstances) ?? null).toBe(result);
    },
  );
});

test.each(ofKind('stabilize'))(
  'what was wanted of late holds it back: %s',
  (_, { up, down, current, wanted, ...rest }) => {
    const { recommendations, result } = rest;
    expect(stabilized(current, wanted, historyOf(recommendations), { up, down }, 0)).toBe(result);
  },
);

test.each(ofKind('limit'))('the rules let so many come and go: %s', (_, { up, down, current, wanted, ...rest }) => {
  const changes: Changes = { added: changesOf(rest.added), removed: changesOf(rest.removed) };
  const bounds: Bounds = { minReplicas: rest.min, maxReplicas: rest.max };
  expect(limited(current, wanted, changes, { up, down }, bounds, 0)).toBe(rest.result);
});

test.each(ofKind('legacy'))(
  'without rules: %s',
  (_, { recommendations, current, wanted, min, max, window, result }) => {
    const stable = stabilizedWithoutRules(wanted, historyOf(recommendations), window, 0);
    expect(limitedWithoutRules(current, stable, { minReplicas: min, maxReplicas: max })).toBe(result);
  },
);

function historyOf(entries: Entries): History {
  const history = new History();
  for (const { at, replicas } of [...entries].sort((a, b) => a.at - b.at)) history.add(at, replicas);
  return history;
}

function changesOf(entries: Entries): ChangeLog {
  const changes = new ChangeLog();
  for (const { at, replicas } of entries) changes.add(at, replicas, Number.POSITIVE_INFINITY);
  return changes;
}
