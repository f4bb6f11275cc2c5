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

/** Calls `visit` for every string inside plain data, with the path to it and the map or list that holds it. */
export function visitStrings(data: unknown, visit: (text: string, path: Path, holder: object) => void): void {
  const path: (string | number)[] = [];
  walk(data, {});

  function walk(value: unknown, holder: object): void {
    if (typeof value === 'string') visit(value, path, holder);
    else if (Array.isArray(value)) {
      for (const [i, item] of value.entries()) step(i, item, value);
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, item] of Object.entries(value)) step(key, item, value);
    }
  }

  function step(key: string | number, value: unknown, holder: object): void {
    path.push(key);
    walk(value, holder);
    path.pop();
  }
}
