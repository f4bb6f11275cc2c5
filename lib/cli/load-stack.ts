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
  const file = programFile(program);
  const require = createRequire(file);
  if (file.endsWith('.ts') && require.extensions['.ts'] === undefined && !Reflect.get(process.features, 'typescript')) {
    throw new InvalidInput([
      {
        where: program,
        text: 'must be something Node can run, got TypeScript: run `npx tsx node_modules/.bin/recstack …`, or compile it first',
      },
    ]);
  }
  const loaded: unknown = require(file);
  const stack = typeof loaded === 'object' && loaded !== null && 'default' in loaded ? loaded.default : loaded;
  if (Stack.isStack(stack)) return stack;
  throw new InvalidInput([{ where: program, text: 'must export a Stack: `export default new Stack({ … })`' }]);
}

function programFile(program: string): string {
  const candidates = extname(program) === '' ? ['.ts', '.js'].map((ending) => `${program}${ending}`) : [program];
  const found = candidates.map((candidate) => resolve(candidate)).find(existsSync);
  if (found !== undefined) return found;
  throw new InvalidInput([
    {
      where: program,
      text: `must be the file of a stack, but there is no ${candidates.join(' or ')}: name it by --stack`,
    },
  ]);
}
