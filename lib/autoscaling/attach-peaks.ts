import type { ApiObject } from 'cdk8s';
import type { IConstruct } from 'constructs';
import { amount } from '../capacity/amount';
import { explain } from '../core/derivation';
import type { ScaledServer } from '../core/scaled';
import type { ScalingTarget } from '../core/scaling';
import type { ScaledObjectTrigger } from '../crds/keda';
import type { Peaks } from './peaks';
import { explainPeaks } from './peaks-explain';
import { floorsOf } from './peaks-floors';
import { emitPeakJobs } from './peaks-jobs';
import type { PeakEngine } from './peaks-lead';
import { peakProblems } from './peaks-problems';
import { cronTriggersOf, type TriggeredServer } from './peaks-triggers';
import type { EmittedBehavior } from './rules';

/** The peaks of one policy, with what they must know of its server and its cluster. */
export class AttachedPeaks {
  private readonly server: TriggeredServer;
  private readonly engine: PeakEngine;

  constructor(
    private readonly peaks: Peaks,
    about: {
      readonly replicas: readonly [fewest: number, most: number];
      readonly behavior: EmittedBehavior;
      readonly readySeconds: number;
      readonly hasKeda: boolean;
    },
  ) {
    const { replicas, behavior, readySeconds, hasKeda } = about;
    const [ordinary, most] = replicas;
    const { tolerance, ...scaleUp } = behavior.scaleUp;
    const off = tolerance === undefined ? {} : { tolerance: amount(tolerance) };
    this.server = { readySeconds, ordinary, most, scaleUp, ...off };
    this.engine = hasKeda ? 'cron-triggers' : 'jobs';
  }

  /** What can't work about them, each as the rest of a message. */
  problems(): string[] {
    return peakProblems(this.peaks, this.server, this.engine);
  }

  /** What KEDA does of them. */
  triggers(): ScaledObjectTrigger[] {
    if (this.engine === 'jobs') return [];
    return cronTriggersOf(this.peaks, this.server).map((trigger, i) => ({ name: `peak-${i + 1}`, ...trigger }));
  }

  /** Emits what does the rest, and tells of its numbers. */
  emitBeside(target: ScalingTarget, autoscaler: ApiObject): readonly IConstruct[] {
    const kind = autoscaler.kind === 'ScaledObject' ? 'ScaledObject' : 'HorizontalPodAutoscaler';
    const jobs = emitPeakJobs(target, this.peaks, { ...this.server, autoscaler: { kind, name: autoscaler.name } });
    explain(autoscaler, explainPeaks(this.peaks, this.server, this.engine));
    return jobs?.cronJobs ?? [];
  }

  /** How many replicas they hold up when, for replays. */
  readonly floors: NonNullable<ScaledServer['floors']> = (range) =>
    floorsOf(this.peaks, this.server, { ...range, engine: this.engine });
}
