import { type Document, isAlias, isMap, isScalar, isSeq, type Node, visit } from 'yaml';
import { show } from '../core/problem';

/** Something in a YAML text that is wrong whatever the schema, and its place. */
export interface Pitfall {
  readonly offset: number;
  readonly text: string;
}

/** What is YAML by its syntax and yet has no value, or one that a JavaScript object would lose without a word. */
export function pitfalls(document: Document): Pitfall[] {
  const found: Pitfall[] = [];
  const add = (node: unknown, text: string): void => {
    found.push({ offset: (node as Node).range?.[0] ?? 0, text });
  };
  visit(document, {
    Alias(_, alias, ancestors) {
      const target = alias.resolve(document);
      const name = show(`*${alias.source}`);
      if (target === undefined) add(alias, `must have an anchor before each alias, but ${name} has none`);
      else if (ancestors.includes(target)) add(alias, `must be YAML without endless aliases, but ${name} holds itself`);
    },
    Pair(_, { key, value }) {
      const name = isAlias(key) ? key.resolve(document) : key;
      if (isMergeKey(name)) {
        const source = isAlias(value) ? value.resolve(document) : value;
        const sources = isSeq(source) ? source.items : [source];
        // An alias without an anchor is told where it stands.
        if (!sources.every((item) => item === undefined || isMap(isAlias(item) ? item.resolve(document) : item))) {
          add(key, "must have a map, or a list of maps, after the merge key '<<'");
        }
        return;
      }
      const kind = unlikeText(name);
      if (kind !== undefined) add(key, `must have texts as keys, got ${kind}`);
      else if (isScalar(name) && name.value === '__proto__') add(key, "must not have the key '__proto__': rename it");
      else if (isScalar(name) && /[\r\n\u2028\u2029]/.test(String(name.value))) {
        add(key, `must have keys of one line, got ${show(name.value)}`);
      }
    },
  });
  return found;
}

function isMergeKey(key: unknown): boolean {
  return isScalar(key) && key.type === 'PLAIN' && key.source === '<<';
}

/** In words, a key that a JavaScript object can't have. */
function unlikeText(key: unknown): string | undefined {
  if (isSeq(key)) return 'a list';
  if (isMap(key)) return 'a map';
  // Of the scalars, just the tag `!!binary` makes an object.
  return isScalar(key) && typeof key.value === 'object' && key.value !== null ? 'bytes' : undefined;
}
