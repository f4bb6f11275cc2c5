import type { IConstruct } from 'constructs';

/** A number that was computed rather than given, and how. */
export interface Derivation {
  /** What the number is, in the words of the props or of the object that it ends up in: `terminationGracePeriodSeconds`. */
  readonly what: string;
  /** The number with its unit: `45s`. */
  readonly value: string;
  /** The formula with its numbers put in: `10 s endpoint lag + 30 s drain + 5 s exit`. */
  readonly formula: string;
}

const DERIVATIONS = Symbol.for('recstack.derivations');

/** Tells how a construct came by its numbers, for whoever reads the plan. */
export function explain(construct: IConstruct, derivations: readonly Derivation[]): void {
  const before: readonly Derivation[] = Reflect.get(construct, DERIVATIONS) ?? [];
  Object.defineProperty(construct, DERIVATIONS, { value: [...before, ...derivations], configurable: true });
}

/** The derived numbers below a construct, with the path of whose they are, in the order of the tree. */
export function derivationsOf(
  root: IConstruct,
): { readonly where: string; readonly derivations: readonly Derivation[] }[] {
  return root.node.findAll().flatMap((construct) => {
    const derivations: readonly Derivation[] | undefined = Reflect.get(construct, DERIVATIONS);
    return derivations === undefined ? [] : [{ where: construct.node.path, derivations }];
  });
}
