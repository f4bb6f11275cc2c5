import { dirname, join } from 'node:path';
import { App } from 'cdk8s';
import type { z } from 'zod';
import { type ImageLock, imageLockSchema } from '../core/images';
import { collecting, InvalidInput, type Problem } from '../core/problem';
import { readEnvironment, readYaml } from './environment-file';

/** What a stack is told beside its environment's values. */
export interface StackContext {
  /** Name of the environment, which is the name of its file. */
  readonly name: string;
  /** Digests of images, from the `images.lock` beside the environment files. */
  readonly images: ImageLock;
}

/** A platform as a function of its environment. */
export interface StackProps<Environment extends z.ZodType> {
  /** What an environment file may say. It gives the type, the checks and the JSON Schema for editors. */
  readonly environment: Environment;
  /** Builds the constructs for one environment. */
  readonly compose: (app: App, environment: z.output<Environment>, context: StackContext) => void;
}

/**
 * One description of a platform for all its environments: synthesized by `recstack synth`, applied by
 * `recstack/pulumi`, and tested by `recstack/testing`.
 *
 * @example
 * ```ts
 * export default new Stack({
 *   environment: z.strictObject({ cluster: clusterSchema, replicas: z.int() }),
 *   compose(app, environment, { name, images }) {
 *     const shop = new Platform(app, 'shop', { cluster: environment.cluster, images });
 *     …
 *   },
 * });
 * ```
 */
export class Stack<Environment extends z.ZodType = z.ZodType> {
  readonly environment: Environment;
  private readonly compose: StackProps<Environment>['compose'];

  constructor(props: StackProps<Environment>) {
    this.environment = props.environment;
    this.compose = props.compose;
  }

  /** Whether `x` is a Stack, also one of another copy of recstack. */
  static isStack(x: unknown): x is Stack {
    return typeof x === 'object' && x !== null && 'environment' in x && 'build' in x && typeof x.build === 'function';
  }

  /**
   * Builds the tree for an environment file, `<folder>/<name>.yaml`.
   *
   * @throws InvalidInput with everything that is wrong in the file and in `images.lock`, by line
   */
  build(file: string): App {
    const problems: Problem[] = [];
    const environment = collecting(problems, () => readEnvironment(this.environment, file));
    const lock = join(dirname(file), 'images.lock');
    const images = collecting(problems, () => readYaml(imageLockSchema, lock, { whenMissing: {} }));
    if (environment === undefined || images === undefined) throw new InvalidInput(problems);
    const app = new App();
    this.compose(app, environment.data, { name: environment.name, images });
    return app;
  }
}
