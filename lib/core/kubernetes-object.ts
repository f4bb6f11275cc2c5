import { ApiObject, type ApiObjectMetadata, App, type JsonPatch, Lazy } from 'cdk8s';
import type { Construct, IConstruct } from 'constructs';
import { isDeferred, placeholderOf } from './deferred';
import { circleIn, isPlainMap } from './plain';
import { InvalidInput } from './problem';
import { propPath } from './schema';
import { transform } from './transform';

/** What every Kubernetes object has; the types of `kubernetes-types` fit. */
export interface KubernetesObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: object;
}

/** An object whose `apiVersion`, `kind` and name are spelt out. */
type Complete<T extends KubernetesObject> = T & {
  readonly apiVersion: NonNullable<T['apiVersion']>;
  readonly kind: NonNullable<T['kind']>;
  readonly metadata: ApiObjectMetadata & { readonly name: string };
};

/**
 * Emits a Kubernetes object with a typed spec. Nothing is dropped on the way: the object goes out as it is
 * written here, plus the chart's namespace and labels.
 *
 * @example
 * ```ts
 * kubernetesObject<Deployment>(this, 'deployment', { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name }, spec });
 * ```
 */
export function kubernetesObject<T extends KubernetesObject>(
  scope: Construct,
  id: string,
  object: Complete<T>,
): ApiObject {
  return new PlainObject(scope, id, object);
}

/** Takes the chart's namespace off an object that lives in none: the API server refuses it there. */
export function clusterWide(construct: IConstruct): void {
  transform(construct, { metadata: { namespace: null } });
}

/**
 * An ApiObject of plain data. cdk8s asks each of its resolvers about every leaf, which takes most of a synth beside
 * the YAML; plain data needs none of them. The result is the same (a test compares them), and whatever is not plain
 * goes cdk8s' own way.
 */
class PlainObject<T extends Complete<KubernetesObject>> extends ApiObject {
  private readonly content: Omit<T, 'metadata'>;
  private patched = false;

  constructor(scope: Construct, id: string, object: T) {
    super(scope, id, object);
    const { metadata, ...content } = object;
    this.content = content;
  }

  override addJsonPatch(...operations: JsonPatch[]): void {
    this.patched = true;
    super.addJsonPatch(...operations);
  }

  override toJson(): unknown {
    const ownResolvers = App.of(this).resolvers.length > BUILT_IN_RESOLVERS;
    if (this.patched || ownResolvers || process.env.CDK8S_DISABLE_SORT) return super.toJson();
    const { apiVersion, kind, ...body } = this.content;
    const plain = this.plain(body);
    return plain === NOT_PLAIN ? super.toJson() : { apiVersion, kind, metadata: this.metadata.toJson(), ...plain };
  }

  private plain(body: object): object | typeof NOT_PLAIN {
    try {
      return toPlain(body);
    } catch (error) {
      // Looked for only where the stack has run over: a look at each object would cost more than it finds.
      const circle = error instanceof RangeError ? circleIn(body) : undefined;
      if (circle === undefined) throw error;
      throw new InvalidInput([{ where: this.node.path, text: `${propPath(circle)} must not hold itself` }]);
    }
  }
}

const BUILT_IN_RESOLVERS = new App().resolvers.length;

const NOT_PLAIN = Symbol('not plain');

/** Data without what is undefined or null, its keys in order, as cdk8s writes it. */
function toPlain(value: object): object | typeof NOT_PLAIN;
function toPlain(value: unknown): unknown;
function toPlain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Lazy) return toPlain(value.produce());
  if (Array.isArray(value)) {
    const items = value.map((item) => toPlain(item));
    return items.includes(NOT_PLAIN) ? NOT_PLAIN : items;
  }
  if (!isPlainMap(value) || 'resolve' in value) {
    if (isDeferred(value)) return placeholderOf(value);
    // What cdk8s can't resolve either stays: render() says where it stands.
    return 'resolve' in value || 'value' in value ? NOT_PLAIN : value;
  }
  const result: Record<string, unknown> = {};
  for (const key of Object.keys(value).sort()) {
    const item = toPlain(value[key]);
    if (item === NOT_PLAIN) return NOT_PLAIN;
    if (item !== undefined && item !== null) result[key] = item;
  }
  return result;
}
