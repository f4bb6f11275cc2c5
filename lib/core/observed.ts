import type { IConstruct } from 'constructs';
import type { Series, ServerMetrics } from './server-metrics';
import type { Slo } from './slo';

/** What monitoring needs to know beyond, of what keeps data for servers. */
export interface ObservedStore {
  /** Gauge that is 1 while the store itself answers, where another program tells of it. */
  readonly answers?: Series;
  /** Gauges of the bytes that data takes in memory, and may take before writes are refused. */
  readonly memory?: { readonly used: Series; readonly limit: Series };
  /** Whether each pod has a volume, by the claim `data-<name>-<number>`. */
  readonly hasVolume: boolean;
}

/** What monitoring needs to know of a server; every construct that serves models tells it. */
export interface ObservedServer {
  /** Name of the server and of its objects; the label `job` of its time series. */
  readonly name: string;
  readonly namespace: string;
  /** What it exposes, or undefined when it exposes nothing. */
  readonly metrics: ServerMetrics | undefined;
  /** Whether its replicas hold GPUs. */
  readonly usesGpu: boolean;
  readonly slos: readonly Slo[];
  /** The names of its pods, as a regular expression. */
  readonly pods: string;
  /** The container that serves. */
  readonly container: string;
  /** Given where it keeps data for servers instead of serving a model. */
  readonly store?: ObservedStore;
}

const OBSERVED = Symbol.for('recstack.observed');

/** Makes a construct known to monitoring. */
export function observe(construct: IConstruct, server: ObservedServer): void {
  Object.defineProperty(construct, OBSERVED, { value: server });
}

/** The servers below a construct, in the order of the tree. */
export function observedServers(root: IConstruct): ObservedServer[] {
  return root.node.findAll().flatMap((construct) => Reflect.get(construct, OBSERVED) ?? []);
}

/** What monitoring needs to know of a funnel beside what it knows of its API, which is an {@link ObservedServer}. */
export interface ObservedFunnel {
  /** Name of the funnel and of its API; the label `job` of its time series. */
  readonly name: string;
  readonly namespace: string;
  readonly deadlineSeconds: number;
  /** Its stages in their order. */
  readonly stages: readonly { readonly name: string; readonly deadlineSeconds: number }[];
  /** The share of answers that should come without a fallback, between 0 and 1. */
  readonly withoutFallback: number;
}

const FUNNEL = Symbol.for('recstack.observed-funnel');

/** Makes a funnel known to monitoring. */
export function observeFunnel(construct: IConstruct, funnel: ObservedFunnel): void {
  Object.defineProperty(construct, FUNNEL, { value: funnel });
}

/** The funnels below a construct, in the order of the tree. */
export function observedFunnels(root: IConstruct): ObservedFunnel[] {
  return root.node.findAll().flatMap((construct) => Reflect.get(construct, FUNNEL) ?? []);
}

/** An alert by which something in the cluster is told to act; with an expression, one that monitoring is to raise. */
export interface ObservedAlert {
  readonly name: string;
  /** PromQL that gives a value while the alert is to fire. */
  readonly expr?: string;
  /** How long it must hold, as Prometheus writes it. */
  readonly for?: string;
}

/** What monitoring needs to know of a program that acts when an alert fires. */
export interface ObservedTrigger {
  readonly name: string;
  readonly namespace: string;
  /** Of the training that it starts. */
  readonly training: string;
  /** Where Alertmanager posts to. */
  readonly url: string;
  readonly alerts: readonly ObservedAlert[];
}

const TRIGGER = Symbol.for('recstack.observed-trigger');

/** Makes a trigger known to monitoring. */
export function observeTrigger(construct: IConstruct, trigger: ObservedTrigger): void {
  Object.defineProperty(construct, TRIGGER, { value: trigger });
}

/** The triggers below a construct, in the order of the tree. */
export function observedTriggers(root: IConstruct): ObservedTrigger[] {
  return root.node.findAll().flatMap((construct) => Reflect.get(construct, TRIGGER) ?? []);
}

const NOTIFIER = Symbol.for('recstack.observed-notifier');

/** Makes known by the name of which workload alerts are sent on, so that those who are told let it in. */
export function observeNotifier(construct: IConstruct, name: string): void {
  Object.defineProperty(construct, NOTIFIER, { value: name });
}

/** The names of the workloads below a construct that send alerts on. */
export function observedNotifiers(root: IConstruct): string[] {
  return root.node.findAll().flatMap((construct) => Reflect.get(construct, NOTIFIER) ?? []);
}

/** What monitoring needs to know of training: its runs, one after the other, are those of one name. */
export interface ObservedTraining {
  /** Name of the training and of its objects; the label `job` of its time series. */
  readonly name: string;
  readonly namespace: string;
  /** The names of the Jobs of its runs, as a regular expression. */
  readonly jobs: string;
  /** The names of the pods of its runs, as a regular expression. */
  readonly pods: string;
  /** The container that trains. */
  readonly container: string;
  /** Name of the port at which its pods tell of their progress, if they do. */
  readonly progressPort: string | undefined;
  readonly nodes: number;
  readonly gpusPerNode: number;
  /** Seconds from one checkpoint to the next, where it saves any. */
  readonly checkpointSeconds: number | undefined;
  /** The longest that a run may take, in seconds. */
  readonly deadlineSeconds: number;
  /** Seconds between two runs of its schedule at most, where it has one. */
  readonly periodSeconds: number | undefined;
  /** The longest that a calendar keeps it off the cluster, in seconds; 0 without one. */
  readonly closedSeconds: number;
}

const TRAINING = Symbol.for('recstack.observed-training');

/** Makes training known to monitoring. */
export function observeTraining(construct: IConstruct, training: ObservedTraining): void {
  Object.defineProperty(construct, TRAINING, { value: training });
}

/** The training below a construct, in the order of the tree. */
export function observedTrainings(root: IConstruct): ObservedTraining[] {
  return root.node.findAll().flatMap((construct) => Reflect.get(construct, TRAINING) ?? []);
}

/** What autoscaling needs to know of a Prometheus that watches the servers of its platform. */
export interface ObservedPrometheus {
  /** Name of its workload, by which its pods are selected, and of its Service. */
  readonly name: string;
  readonly namespace: string;
  readonly port: number;
}

const PROMETHEUS = Symbol.for('recstack.observed-prometheus');

/** Makes a Prometheus known to autoscaling. */
export function observePrometheus(construct: IConstruct, prometheus: ObservedPrometheus): void {
  Object.defineProperty(construct, PROMETHEUS, { value: prometheus });
}

/** The first Prometheus below a construct, in the order of the tree. */
export function observedPrometheus(root: IConstruct): ObservedPrometheus | undefined {
  return root.node.findAll().flatMap((construct) => Reflect.get(construct, PROMETHEUS) ?? [])[0];
}
