import { Manifests } from './manifests';

/** The part of jest's matcher context that is used here. */
interface Context {
  readonly isNot?: boolean;
  equals(a: unknown, b: unknown, testers?: readonly unknown[]): boolean;
  readonly utils: {
    readonly subsetEquality: unknown;
    readonly iterableEquality: unknown;
    diff(a: unknown, b: unknown): string | null;
    printExpected(value: unknown): string;
  };
}

interface Result {
  readonly pass: boolean;
  readonly message: () => string;
}

/**
 * Matchers for jest, to be registered once: `expect.extend(matchers)`.
 *
 * @example
 * ```ts
 * expect(synthesize(app)).toHaveObject('HorizontalPodAutoscaler', 'ranker', { spec: { minReplicas: 3 } });
 * expect(synthesize(app)).not.toHaveObject('Secret', 'password');
 * ```
 */
export const matchers = {
  /** Whether there is an object of a kind and name that has at least these fields. */
  toHaveObject(this: Context, received: unknown, kind: string, name: string, fields: object = {}): Result {
    if (!(received instanceof Manifests)) throw new Error('toHaveObject is about the result of synthesize(…)');
    // The error of get() says what there is instead.
    const object = this.isNot ? received.find(kind, name) : received.get(kind, name);
    if (object === undefined) return { pass: false, message: () => `there is no ${kind} '${name}'` };
    const pass = this.equals(object, fields, [this.utils.iterableEquality, this.utils.subsetEquality]);
    return {
      pass,
      message: () =>
        pass
          ? `${kind} '${name}' should not have ${this.utils.printExpected(fields)}`
          : `${kind} '${name}' is not as expected:\n${this.utils.diff(fields, object)}`,
    };
  },
};

declare global {
  namespace jest {
    interface Matchers<R> {
      /** Whether there is an object of a kind and name that has at least these fields. */
      toHaveObject(kind: string, name: string, fields?: object): R;
    }
  }
}
