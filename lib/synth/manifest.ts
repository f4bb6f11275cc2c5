import { isPlainMap } from '../core/plain';
import { must } from '../core/schema';

/** A Kubernetes object as it goes to the API server: plain data. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

type Path = readonly (string | number)[];

/** What is done about each leaf of an object. */
export interface Visitor {
  /** A string, with the path to it and the map or list that holds it. */
  text(text: string, path: Path, holder: object): void;
  /** A key of a map, with the path to the map. */
  key?(key: string, path: Path): void;
  /** What is no plain data, and would be written as something else or not at all. */
  other?(value: unknown, path: Path): void;
}

/** Visits every leaf inside data. `undefined` in a map is no leaf: the field is left out. */
export function visitLeaves(data: unknown, visitor: Visitor): void {
  const path: (string | number)[] = [];
  walk(data, {});

  function walk(value: unknown, holder: object): void {
    if (typeof value === 'string') visitor.text(value, path, holder);
    else if (Array.isArray(value)) {
      for (let i = 0; i < value.length; i++) step(i, value[i], value);
    } else if (isPlainMap(value)) {
      for (const key of Object.keys(value)) {
        if (value[key] === undefined) continue;
        visitor.key?.(key, path);
        step(key, value[key], value);
      }
    } else if (value !== null && typeof value !== 'boolean' && !Number.isFinite(value)) visitor.other?.(value, path);
  }

  function step(key: string | number, value: unknown, holder: object): void {
    path.push(key);
    walk(value, holder);
    path.pop();
  }
}

const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** Groups whose objects have names like `system:node`: all that can be a part of a URL. */
const FREELY_NAMED = /^(rbac\.authorization|certificates)\.k8s\.io\//;

/**
 * What is wrong with the fields by which the API server knows an object.
 *
 * @param known whether a string is what it will be in the cluster, and no placeholder
 */
export function identityProblem(json: unknown, known: (text: string) => boolean): string | undefined {
  const { apiVersion, metadata } = json as { apiVersion?: unknown; metadata?: unknown };
  if (typeof apiVersion !== 'string' || apiVersion === '') return `apiVersion ${beAText({ input: apiVersion })}`;
  if (typeof metadata !== 'object' || metadata === null) return `metadata ${beAMap({ input: metadata })}`;
  const { name } = metadata as { name?: unknown };
  if (typeof name === 'string' && !known(name)) return undefined;
  if (FREELY_NAMED.test(apiVersion)) {
    const free = typeof name === 'string' && !/^\.{0,2}$|[/%]/.test(name);
    return free ? undefined : `metadata.name ${beFreelyNamed({ input: name })}`;
  }
  const valid = typeof name === 'string' && name.length <= 253 && SUBDOMAIN.test(name);
  return valid ? undefined : `metadata.name ${beASubdomain({ input: name })}`;
}

const beAText = must('be a string, such as apps/v1');
const beAMap = must('be a map');
const beFreelyNamed = must("be a name without '/' and '%'");
const beASubdomain = must("be at most 253 lower-case letters, digits, '-' and '.', from a letter or digit to another");
