import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { extname, resolve } from 'node:path';
import { InvalidInput } from '../core/problem';
import { Stack } from '../stack/stack';

/**
 * Loads the stack that a program exports as its default.
 *
 * @throws InvalidInput when there is no such program, or it exports something else
 */
export function loadStack(program: string): Stack {
  const loaded = load(program, programFile(program));
  const stack = typeof loaded === 'object' && loaded !== null && 'default' in loaded ? loaded.default : loaded;
  if (Stack.isStack(stack)) return stack;
  throw new InvalidInput([{ where: program, text: 'must export a Stack: `export default new Stack({ … })`' }]);
}

function programFile(program: string): string {
  const candidates = extname(program) === '' ? ['.ts', '.js'].map((ending) => `${program}${ending}`) : [program];
  const found = candidates.map((candidate) => resolve(candidate)).find(existsSync);
  if (found !== undefined) return found;
  const text = `must be the file of a stack, but there is no ${candidates.join(' or ')}: name it by --stack`;
  throw new InvalidInput([{ where: program, text }]);
}

function load(program: string, file: string): unknown {
  try {
    return createRequire(file)(file);
  } catch (error) {
    // Node reads TypeScript from version 22.18 on; before, it takes it for JavaScript with mistakes.
    if (!(file.endsWith('.ts') && error instanceof SyntaxError)) throw error;
    const text = `must be something that Node ${process.version} can run, got TypeScript: set NODE_OPTIONS='-r tsx/cjs' after \`npm install -D tsx\`, or compile it first`;
    throw new InvalidInput([{ where: program, text }]);
  }
}
