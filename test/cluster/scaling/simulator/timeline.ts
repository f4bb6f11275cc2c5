import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { PodGroup, Reading } from '../../../../lib/capacity';
import type { Client, Live } from '../../harness/client';
import { eventually } from '../../harness/eventually';
import type { Measured } from '../metrics-server';
import { atRest, type Change, type Measurement, type Scenario } from './scenario';

/** Seconds between two syncs that are told their metrics, or a multiple of them. */
const STEP = 2;

const GIB = 2 ** 30;

/** What the controller saw at one sync, and when; and what was changed in it, for the next. */
export interface Sync {
  readonly at: number;
  readonly specReplicas: number;
  readonly statusReplicas: number;
  readonly pods: readonly PodGroup[];
  readonly readings: readonly (Reading | undefined)[];
  readonly change: Change | undefined;
}

/** What the controller writes at the end of a sync. */
export interface HpaStatus {
  readonly observedGeneration?: number;
  readonly currentReplicas?: number;
  readonly currentMetrics?: readonly object[] | null;
}

interface Deployment extends Live {
  readonly spec: { readonly replicas: number };
  readonly status: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly readyReplicas?: number;
    readonly terminatingReplicas?: number;
  };
}

/**
 * The syncs of one scenario, of which the controller and the test know the same: a sync can't end, by writing its
 * status, before the workload is at rest, so that the next one finds it so; and it is told its metrics at multiples
 * of a step.
 *
 * Whether it is at rest stands in the status of the Deployment: that is made from the same cache of pods, in the same
 * process, that the autoscaler's controller reads.
 */
export class Timeline {
  readonly syncs: Sync[] = [];
  /** Why it can't go on, or not truly. */
  readonly failures: unknown[] = [];
  private start: number | undefined;
  private now: Measurement | undefined;
  /** The generation of the autoscaler that the controller must know by now. */
  private generation = 0;

  constructor(
    private readonly client: Client,
    private readonly namespace: string,
    private readonly name: string,
    private readonly scenario: Scenario,
    private readonly length: number,
  ) {}

  get isComplete(): boolean {
    return this.syncs.length >= this.length;
  }

  /** When a sync asks for one of its metrics: what it is told, which is nothing where the test changes something. */
  async measurement(metric: number, pods?: readonly Measured[]): Promise<Measurement | undefined> {
    // They are asked for in their order, and all of them each time.
    if (metric === 0) this.now = this.isComplete ? undefined : await this.noting(this.begin(pods));
    return this.now;
  }

  /** When a sync writes what it has seen and done. */
  async end(status: HpaStatus): Promise<void> {
    await this.noting(this.finish(status));
  }

  private async noting<T>(work: Promise<T>): Promise<T> {
    work.catch((error: unknown) => this.failures.push(error));
    return work;
  }

  private async finish({ observedGeneration = 0, currentReplicas = 0, currentMetrics }: HpaStatus): Promise<void> {
    if (observedGeneration < this.generation) throw new Error(`${this.name}: a change was not seen in time`);
    if (!currentMetrics?.length && !this.isComplete) {
      const change = await this.change();
      const seen = { specReplicas: currentReplicas, statusReplicas: currentReplicas, pods: [], readings: [] };
      this.syncs.push({ at: seconds(), ...seen, change });
    }
    await this.rest();
  }

  private async begin(listed?: readonly Measured[]): Promise<Measurement | undefined> {
    const { specReplicas, statusReplicas } = await this.rest();
    const pods = listed ?? (await this.pods());
    const values = this.scenario.measured(this.syncs.length);
    const change = await this.change();
    await this.step();
    const at = seconds();
    const known = readingsOf(values, pods, at);
    const readings = change ? known.map(() => undefined) : known;
    this.syncs.push({ at, specReplicas, statusReplicas, pods: pods.map(groupOf), readings, change });
    return change ? undefined : values;
  }

  private async change(): Promise<Change | undefined> {
    const change = this.scenario.changes?.[this.syncs.length];
    if (change?.spec) {
      const { metadata } = await this.client.patch(this.reference('autoscaling/v2', 'HorizontalPodAutoscaler'), {
        spec: change.spec,
      });
      this.generation = metadata.generation ?? 0;
    }
    if (change?.replicas !== undefined) {
      await this.client.patch(this.reference('apps/v1', 'Deployment'), { spec: { replicas: change.replicas } });
      await this.rest();
    }
    return change;
  }

  private async step(): Promise<void> {
    this.start ??= seconds();
    const passed = seconds() - this.start;
    await sleep((Math.ceil(passed / STEP) * STEP - passed) * 1000);
  }

  private rest(): Promise<{ specReplicas: number; statusReplicas: number }> {
    return eventually(
      async () => {
        const { metadata, spec, status } = await this.client.get<Deployment>(this.reference('apps/v1', 'Deployment'));
        const { replicas = 0, readyReplicas: ready = 0, terminatingReplicas: terminating = 0 } = status;
        const is = { known: status.observedGeneration === metadata.generation, replicas, ready, terminating };
        const should = { known: true, ...atRest(this.scenario, spec.replicas), terminating: 0 };
        const moves = !isDeepStrictEqual({ ...is, ...should }, is);
        if (moves) throw new Error(`${this.name} is ${JSON.stringify(is)}, not ${JSON.stringify(should)}`);
        return { specReplicas: spec.replicas, statusReplicas: replicas };
      },
      { seconds: 25, every: 0.1 },
    );
  }

  private async pods(): Promise<Measured[]> {
    const all = await this.client.list<Measured>('v1', 'Pod', this.namespace);
    return all.filter(({ metadata }) => metadata.labels?.app === this.name);
  }

  private reference(apiVersion: string, kind: string) {
    return { apiVersion, kind, metadata: { name: this.name, namespace: this.namespace } };
  }
}

function readingsOf(values: Measurement, pods: readonly Measured[], at: number): (Reading | undefined)[] {
  if ('external' in values)
    return values.external.map((value) => (value === undefined ? undefined : { total: value * 1000 }));
  const samples = pods.map(({ metadata }, place) => {
    const used = values.usage(metadata.name, place);
    return used === undefined
      ? undefined
      : { value: values.of === 'cpu' ? Math.round(used * 1000) : Math.round(used * GIB) * 1000, at, window: 15 };
  });
  return [{ samples, requests: pods.map(() => (values.of === 'cpu' ? 1000 : GIB * 1000)) }];
}

function groupOf({ metadata, status }: Measured): PodGroup {
  const { startTime } = status as { startTime?: string };
  const ready = status.conditions?.find(({ type }) => type === 'Ready') as
    | { status: string; lastTransitionTime: string }
    | undefined;
  return {
    count: 1,
    phase: status.phase as PodGroup['phase'],
    ...(metadata.deletionTimestamp === undefined ? {} : { deleted: true }),
    ...(ready && { ready: { is: ready.status === 'True', since: Date.parse(ready.lastTransitionTime) / 1000 } }),
    ...(startTime === undefined ? {} : { startedAt: Date.parse(startTime) / 1000 }),
  };
}

function seconds(): number {
  return Date.now() / 1000;
}
