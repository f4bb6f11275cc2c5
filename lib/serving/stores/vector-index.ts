import { Construct } from 'constructs';
import { z } from 'zod';
import { InvalidInput } from '../../core/problem';
import { instance, must, parse, pattern, wholeNumber } from '../../core/schema';
import type { ModelArtifact } from '../model-artifact';
import type { ModelServer } from '../model-server';
import { type AnyEngine, isEngineFor } from './engine';
import { Store, type StoreInput } from './store';
import { storeShape } from './store-props';

const VECTOR_INDEX = Symbol.for('recstack.VectorIndex');

const identifier = (what: string) =>
  pattern<string>(
    /^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/,
    must(`be ${what}, as the model's artifact has it`),
  );

const encoderSchema = instance<ModelServer>(
  (value) => Construct.isConstruct(value) && 'model' in value,
  'be a ModelServer',
);

/** Checks {@link VectorIndexProps}. */
export const vectorIndexSchema = z.strictObject({
  /** What keeps the vectors: `qdrant(…)`, `milvus(…)` or `external(…)`. */
  engine: instance<AnyEngine<'vectors'>>(
    isEngineFor('vectors'),
    'be an engine for vectors, such as qdrant({ version })',
  ),
  /** The model that made the vectors: a ModelArtifact, or its name and version. */
  embedding: z.object({ name: identifier('the name of a model'), version: identifier('the version of a model') }),
  /**
   * The server that makes vectors of the queries. It must serve the very model that made the index.
   * @default - checked by `queriedBy`
   */
  encoder: encoderSchema.optional(),
  /**
   * How many vectors there will be and of how many numbers: memory and storage are computed from it.
   * @default - not computed: give resources.memory
   */
  vectors: z
    .strictObject({
      count: wholeNumber({ min: 1, max: 2_000_000_000, of: 'vectors' }),
      dimension: wholeNumber({ min: 1, max: 65_535, of: 'numbers in a vector' }),
    })
    .optional(),
  ...storeShape,
});

/** Properties of a {@link VectorIndex}. @interface */
export type VectorIndexProps = z.input<typeof vectorIndexSchema>;

/**
 * The vector index, in which retrieval finds the items nearest to a query.
 *
 * It belongs to one version of the model that made its vectors: the {@link collection} carries the version, and an encoder
 * of another version is refused. For a new version of the model, the new collection is filled beside the old one, in the
 * same store or in a second VectorIndex, while queries still go to the old one; then `embedding` and the encoder's `model`
 * change in one apply. The old collection is deleted when the rollout is done, and there is room for both until then.
 *
 * @example
 * ```ts
 * const index = new VectorIndex(shop, 'items', {
 *   engine: qdrant({ version: '1.17.1', apiKey: { name: 'items', key: 'api-key' } }),
 *   embedding: twoTower, // the ModelArtifact
 *   encoder: retrieval, // the ModelServer
 *   vectors: { count: 10_000_000, dimension: 128 },
 *   storage: '200Gi',
 *   replicas: 3,
 * });
 * index.collection; // 'items-two-tower-7'
 * ```
 */
export class VectorIndex extends Store<z.output<typeof vectorIndexSchema> & Pick<StoreInput, 'vectors'>> {
  /** The model that made the vectors. */
  readonly embedding: Readonly<Pick<ModelArtifact, 'name' | 'version'>>;
  /** The collection that callers search, and that whoever fills the index makes: `items-two-tower-7`. */
  readonly collection: string;

  /** Whether `x` is a VectorIndex, also one of another copy of recstack. */
  static isVectorIndex(x: unknown): x is VectorIndex {
    return typeof x === 'object' && x !== null && VECTOR_INDEX in x;
  }

  /** @throws InvalidInput with everything that is wrong with the props */
  constructor(scope: Construct, id: string, props: VectorIndexProps) {
    super(scope, id, (path) => {
      const input = parse(vectorIndexSchema, props, path);
      return { ...input, vectors: input.vectors };
    });
    const { embedding, encoder, engine } = this.input;
    this.embedding = { name: embedding.name, version: embedding.version };
    const parts = [this.name, embedding.name, embedding.version];
    this.collection = engine.kind !== 'external' && engine.collection ? engine.collection(parts) : parts.join('-');
    Object.defineProperty(this, VECTOR_INDEX, { value: true });
    if (encoder !== undefined) this.queriedBy(encoder);
  }

  /**
   * Makes sure that a server which makes vectors of queries serves the model that made the index: vectors of two versions
   * are near each other by accident only.
   *
   * @throws InvalidInput when it serves another model or version
   */
  queriedBy(encoder: ModelServer): void {
    const { name, version } = this.embedding;
    // From JavaScript, anything may come.
    const { model } = parse(z.object({ encoder: encoderSchema }), { encoder }, this.node.path).encoder;
    if (model.name === name && model.version === version) return;
    const text = `encoder must serve the model that made the index, ${name} ${version}, got ${model.name} ${model.version} of ${encoder.node.path}: fill an index with that version beside this one, and switch both together`;
    throw new InvalidInput([{ where: this.node.path, text }]);
  }
}
