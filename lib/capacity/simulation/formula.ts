/** What a part of a formula comes to; `null` is a trigger that is failing, for `??`. */
type Value = number | boolean | null | readonly Value[];
type Node = (values: Values) => Value;

/** The values of triggers, by their names. */
export type Values = ReadonlyMap<string, number | null>;

/** A formula of `scalingModifiers`: `null` where nothing but failing triggers is left, `undefined` for no number. */
export type Formula = (values: Values) => number | null | undefined;

/** By how strongly they bind, the weakest first; those of one line alike. */
const BINARY: readonly Record<string, (a: Value, b: Value) => Value>[] = [
  { '||': (a, b) => truth(a) || truth(b), or: (a, b) => truth(a) || truth(b) },
  { '&&': (a, b) => truth(a) && truth(b), and: (a, b) => truth(a) && truth(b) },
  { '==': (a, b) => a === b, '!=': (a, b) => a !== b },
  {
    '<': (a, b) => number(a) < number(b),
    '>': (a, b) => number(a) > number(b),
    '<=': (a, b) => number(a) <= number(b),
    '>=': (a, b) => number(a) >= number(b),
  },
  { '+': (a, b) => number(a) + number(b), '-': (a, b) => number(a) - number(b) },
  {
    '*': (a, b) => number(a) * number(b),
    '/': (a, b) => number(a) / number(b),
    '%': (a, b) => number(a) % number(b),
  },
  { '**': (a, b) => number(a) ** number(b), '^': (a, b) => number(a) ** number(b) },
  { '??': (a, b) => a ?? b },
];

/** The level of the powers: they bind from the right, and a sign binds less than they do. */
const POWERS = BINARY.length - 2;

const FUNCTIONS: Record<string, (values: readonly number[]) => number> = {
  max: (values) => Math.max(...values),
  min: (values) => Math.min(...values),
  sum,
  mean: (values) => sum(values) / values.length,
  abs: ([value = Number.NaN]) => Math.abs(value),
  ceil: ([value = Number.NaN]) => Math.ceil(value),
  floor: ([value = Number.NaN]) => Math.floor(value),
  round: ([value = Number.NaN]) => Math.sign(value) * Math.round(Math.abs(value)),
  int: ([value = Number.NaN]) => Math.trunc(value),
  float: ([value = Number.NaN]) => value,
};

const TOKEN = /\s*(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+|[A-Za-z_]\w*|\*\*|\?\?|[<>=!]=|&&|\|\||[-+*/%^<>!?:(),[\]])/y;

/**
 * Reads a formula of KEDA's `scalingModifiers`: numbers, names of triggers, arithmetic, comparisons, `and`, `or`, `not`,
 * `? :`, `??`, and the functions for numbers, of the language Expr.
 *
 * @throws Error for what is beyond that
 * @see https://expr-lang.org/docs/language-definition
 */
export function formulaOf(text: string): Formula {
  const root = new Parser(text).all();
  return (values) => {
    try {
      const value = root(values);
      return value === null ? null : number(value);
    } catch {
      return undefined;
    }
  };
}

class Parser {
  private readonly tokens: string[] = [];
  private next = 0;

  constructor(private readonly text: string) {
    const token = new RegExp(TOKEN);
    for (let at = 0; text.slice(at).trim() !== ''; at = token.lastIndex) {
      const found = token.exec(text);
      if (found === null) throw this.trouble(`'${text.slice(at).trim()}'`);
      this.tokens.push(found[1] ?? '');
    }
  }

  all(): Node {
    const node = this.conditional();
    if (this.next < this.tokens.length) throw this.trouble(`'${this.tokens[this.next]}'`);
    return node;
  }

  private conditional(): Node {
    const condition = this.binary(0);
    if (!this.takes('?')) return condition;
    const then = this.conditional();
    this.must(':');
    const otherwise = this.conditional();
    return (values) => (truth(condition(values)) ? then(values) : otherwise(values));
  }

  private binary(level: number): Node {
    const operators = BINARY[level];
    if (operators === undefined) return this.primary();
    if (level === POWERS && this.takes('-')) {
      const operand = this.binary(level);
      return (values) => -number(operand(values));
    }
    if (level === POWERS && (this.takes('!') || this.takes('not'))) {
      const operand = this.binary(level);
      return (values) => !truth(operand(values));
    }
    let left = this.binary(level + 1);
    for (;;) {
      const apply = operators[this.tokens[this.next] ?? ''];
      if (apply === undefined) return left;
      this.next++;
      const [a, b] = [left, this.binary(level === POWERS ? level : level + 1)];
      left = (values) => apply(a(values), b(values));
    }
  }

  private primary(): Node {
    const token = this.tokens[this.next++];
    if (token === undefined) throw this.trouble('its end');
    if (token === '(') {
      const inner = this.conditional();
      this.must(')');
      return inner;
    }
    if (token === '[') {
      const items = this.list(']');
      return (values) => items.map((item) => item(values));
    }
    if (/^[\d.]/.test(token)) return () => Number(token);
    if (!/^\w/.test(token)) throw this.trouble(`'${token}'`);
    if (token === 'nil') return () => null;
    if (token === 'true' || token === 'false') return () => token === 'true';
    return this.takes('(') ? this.call(token) : (values) => lookUp(token, values);
  }

  private call(name: string): Node {
    const apply = FUNCTIONS[name];
    if (apply === undefined) throw this.trouble(`the function '${name}'`);
    const items = this.list(')');
    return (values) => apply(items.flatMap((item) => numbers(item(values))));
  }

  private list(end: string): Node[] {
    const items: Node[] = [];
    while (!this.takes(end)) {
      if (items.length > 0) this.must(',');
      items.push(this.conditional());
    }
    return items;
  }

  private takes(token: string): boolean {
    if (this.tokens[this.next] !== token) return false;
    this.next++;
    return true;
  }

  private must(token: string): void {
    if (!this.takes(token)) throw this.trouble(`'${this.tokens[this.next] ?? 'its end'}' in the place of '${token}'`);
  }

  private trouble(what: string): Error {
    return new Error(`the formula '${this.text}' has ${what}, which a replay can't read`);
  }
}

function lookUp(name: string, values: Values): number | null {
  const value = values.get(name);
  if (value === undefined) throw new Error(`no trigger is called '${name}'`);
  return value;
}

function number(value: Value): number {
  if (typeof value !== 'number') throw new Error('not a number');
  return value;
}

function numbers(value: Value): number[] {
  return Array.isArray(value) ? value.flatMap(numbers) : [number(value)];
}

function truth(value: Value): boolean {
  if (typeof value !== 'boolean') throw new Error('neither true nor false');
  return value;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
