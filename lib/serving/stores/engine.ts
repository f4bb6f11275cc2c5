import type { NetworkPolicyEgressRule } from 'kubernetes-types/networking/v1';
import type { ObservedStore } from '../../core/observed';
import type { SecretRef } from '../../core/secrets';
import type { ServerMetrics } from '../../core/server-metrics';
import type { Start } from '../runtime';

/** What a store is for: features of users and items, or vectors to search. */
export type StoreKind = 'features' | 'vectors';

/** How Kubernetes asks a store whether it is well: by HTTP, by a command in its container, or by a connection. */
export type StoreProbe =
  | { readonly path: string; readonly port: string }
  | { readonly command: readonly string[] }
  | { readonly tcp: string };

/** What an engine is told of the store that it runs. */
export interface StoreShape {
  readonly name: string;
  readonly replicas: number;
  /** How many vectors of how many numbers are kept, all replicas together; undefined where nobody said. */
  readonly vectors: { readonly count: number; readonly dimension: number } | undefined;
}

/** What a replica takes, with the formula behind each number. */
export interface StoreSizing {
  /** Bytes of memory; undefined where it can't be known without the user. */
  readonly memory?: { readonly bytes: number; readonly formula: string };
  /** Bytes of storage below which it would run full. */
  readonly storage?: { readonly bytes: number; readonly formula: string };
  /** Bytes that are read before it answers. */
  readonly loads: number;
  /** How many of them are read in a second. */
  readonly loadsPerSecond: number;
}

/** What a backup runs inside the store's container first, so that what is on the volume is whole. */
export interface BackupHook {
  readonly command: readonly string[];
  /** Seconds after which the backup is given up. */
  readonly seconds: number;
}

/** A second program in the pod, which tells Prometheus of a store that can't itself. Its port is called `metrics`. */
export interface Exporter {
  readonly image: string;
  readonly port: number;
  readonly healthPath: string;
  readonly env: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, SecretRef>>;
}

/**
 * A program that keeps features or vectors, as data: everything that Kubernetes and monitoring must know of it. Adding
 * one is one file that returns such a value.
 */
export interface StoreEngine<Kind extends StoreKind = StoreKind> {
  readonly kind: Kind;
  /** What it is, in messages: `valkey`. */
  readonly name: string;
  /** Image with an exact tag. */
  readonly image: string;
  /** Ports that callers use, by name; one called `metrics` is monitoring's alone. */
  readonly ports: Readonly<Record<string, number>>;
  /** How replicas find each other; left out where it can't run as several that hold the same data. */
  readonly cluster?: { readonly port: number };
  /** Whether replicas hold nothing, so that there may be any number of them. */
  readonly stateless: boolean;
  readonly probes: Readonly<Record<'startup' | 'readiness' | 'liveness', StoreProbe>>;
  start(store: StoreShape): Start;
  /** Variables whose values come from Secrets. */
  readonly secrets: Readonly<Record<string, SecretRef>>;
  /** Whether callers must show a password or key. */
  readonly asksWho: boolean;
  /** Configuration files, by name; they lie in the folder `/etc/recstack`. */
  readonly files: Readonly<Record<string, string>>;
  /** Where it keeps its data, on a volume; left out when it keeps none that outlives a pod. */
  readonly dataFolder?: string;
  /** Paths beside it that it writes to. */
  readonly writablePaths: readonly string[];
  /** The group that it must run in to be able to read its own files; by default that of the pod. */
  readonly gid?: number;
  sizing(store: StoreShape): StoreSizing;
  /** Seconds from what is loaded to the first good answer. */
  readonly warmUpSeconds: number;
  /** Seconds that it takes at most, after SIGTERM, to finish and save. */
  readonly stopSeconds: number;
  readonly backup?: BackupHook;
  readonly exporter?: Exporter;
  readonly metrics?: ServerMetrics;
  readonly observed: Pick<ObservedStore, 'answers' | 'memory'>;
  /** Whom it calls itself. */
  readonly egress: readonly NetworkPolicyEgressRule[];
  /** The name of a collection of vectors, from its parts, in the letters that the engine allows. */
  collection?(parts: readonly string[]): string;
}

/** A store that somebody else runs: just where it is. It serves for features and for vectors. */
export interface ExternalEngine {
  readonly kind: 'external';
  readonly addresses: Readonly<Record<string, string>>;
  /** Where its addresses may be, as blocks of IPv4. */
  readonly cidrs: readonly string[];
}

/** What may be behind a store of a kind. */
export type AnyEngine<Kind extends StoreKind> = StoreEngine<Kind> | ExternalEngine;

/** Whether a value is an engine for a kind of store: what `valkey(…)` and its like return. */
export function isEngineFor(kind: StoreKind): (value: unknown) => boolean {
  return (value) => {
    const { kind: given, addresses, sizing }: Partial<Record<'kind' | 'addresses' | 'sizing', unknown>> = Object(value);
    return given === 'external' ? addresses !== undefined : given === kind && typeof sizing === 'function';
  };
}
