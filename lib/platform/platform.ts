import { type ApiObject, Chart } from 'cdk8s';
import type { Construct, IConstruct } from 'constructs';
import { z } from 'zod';
import { holdsPlaceholder } from '../core/deferred';
import { type ImageLock, imageLockSchema, pinned } from '../core/images';
import { isName, MAX_LABEL, nameRule, nameSchema } from '../core/names';
import { InvalidInput, show } from '../core/problem';
import { parse } from '../core/schema';
import { Cluster, clusterSchema } from './cluster';
import { LABELS, labelsSchema } from './labels';
import { addDns, addNamespace } from './namespace';
import { warn } from './warnings';

const PLATFORM = Symbol.for('recstack.Platform');

const platformSchema = z.strictObject({
  /**
   * Namespace of all objects.
   * @default - the platform's id
   */
  namespace: nameSchema.optional(),
  /** What the cluster is and has. */
  cluster: clusterSchema,
  /**
   * Labels for every object, such as the owning team or a cost centre.
   * @default {}
   */
  labels: labelsSchema.default({}),
  /**
   * Digests of images by `name:tag`, the content of an `images.lock`.
   * @default {}
   */
  images: imageLockSchema.default({}),
  /**
   * Whether real users depend on it. If so, what is merely tolerable is warned about: an image without a
   * digest, a model without a checksum.
   * @default true
   */
  production: z.boolean().default(true),
  /**
   * Whether the platform owns its namespace: creates it, with Pod Security `restricted`, and closes its
   * network to everything that no construct allows. Set false where someone else manages namespaces.
   * @default true
   */
  ownNamespace: z.boolean().default(true),
});

/** Properties of a {@link Platform}. @interface */
export type PlatformProps = z.input<typeof platformSchema>;

/**
 * The place where models are served and trained: a namespace on a cluster that is described, so that every
 * construct inside knows what it can rely on. It is a cdk8s Chart; other constructs mix with recstack's.
 *
 * @example
 * ```ts
 * const shop = new Platform(app, 'shop', { cluster: { kubernetes: '1.33', addons: ['metrics-server'] } });
 * ```
 */
export class Platform extends Chart {
  readonly cluster: Cluster;
  readonly production: boolean;
  override readonly namespace: string;
  private readonly images: ImageLock;

  /** Whether `x` is a Platform, also one of another copy of recstack. A Chart's own `instanceof` is true for any chart. */
  static isPlatform(x: unknown): x is Platform {
    return typeof x === 'object' && x !== null && PLATFORM in x;
  }

  constructor(scope: Construct, id: string, props: PlatformProps) {
    const where = [scope.node.path, id].filter(Boolean).join('/');
    const { namespace = id, cluster, labels, images, production, ownNamespace } = parse(platformSchema, props, where);
    if (ownNamespace) requireOwnable(namespace, where);
    super(scope, id, {
      namespace,
      labels: { [LABELS.partOf]: id, [LABELS.managedBy]: 'recstack', ...labels },
    });
    requireName(this, id);
    this.namespace = namespace;
    this.cluster = new Cluster(cluster);
    this.images = images;
    this.production = production;
    Object.defineProperty(this, PLATFORM, { value: true });
    if (ownNamespace) addNamespace(this);
    else addDns(this);
  }

  /**
   * The platform around a construct.
   *
   * @throws InvalidInput when there is none.
   */
  static override of(construct: IConstruct): Platform {
    const platform = construct.node.scopes.reverse().find(Platform.isPlatform);
    if (platform !== undefined) return platform;
    throw new InvalidInput([
      { where: construct.node.path || 'app', text: 'must be inside a Platform: make one and pass it as the scope' },
    ]);
  }

  /**
   * The name of what a construct emits: its path below the platform, joined by `-`. It is never cut short,
   * so that two long paths cannot end up with one name.
   *
   * @throws InvalidInput when the path does not make a name of at most `max` characters.
   */
  nameOf(construct: IConstruct, max: number = MAX_LABEL): string {
    const path = construct.node.scopes.slice(this.node.scopes.length).map((scope) => scope.node.id);
    return requireName(construct, path.join('-'), max);
  }

  /** Names of objects that were given none: by path, without cdk8s' hash, and without its cut at 63 characters. */
  override generateObjectName(object: ApiObject): string {
    const path = object.node.scopes.slice(this.node.scopes.length).map((scope) => scope.node.id);
    // The object inside a cdk8s-plus resource is called Resource; `constructs` calls a main child Default.
    const named = path.filter((id) => id !== 'Resource' && id !== 'Default');
    return requireName(object, named.join('-').toLowerCase());
  }

  /** An image with its digest from `images.lock`. In production, one without a digest is warned about. */
  pin(image: string): string {
    const result = pinned(image, this.images);
    if (this.production && !result.includes('@') && !holdsPlaceholder(result)) {
      warn(this, `image ${show(image)} has no digest: add it to images.lock, so that what was tested is what runs`);
    }
    return result;
  }
}

/** Nobody may close the network of what Kubernetes itself, or everyone, uses. */
function requireOwnable(namespace: string, where: string): void {
  if (namespace !== 'default' && !namespace.startsWith('kube-')) return;
  const text = `namespace must be one that the platform can own, got ${show(namespace)}, which others live in: take another or set ownNamespace to false`;
  throw new InvalidInput([{ where, text }]);
}

function requireName(construct: IConstruct, name: string, max?: number): string {
  if (isName(name, max)) return name;
  throw new InvalidInput([
    { where: construct.node.path, text: `id must ${nameRule(max)}, got ${show(name)} (${name.length} characters)` },
  ]);
}
