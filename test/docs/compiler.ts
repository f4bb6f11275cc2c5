import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { ROOT } from './guide';

/** What the compiler has to say against each of some programs, which are checked together, in a folder. */
export function complaintsAbout(folder: string, programs: readonly string[]): string[][] {
  const paths = programs.map((program, i) => {
    const path = join(folder, `compiled-${i}.ts`);
    writeFileSync(path, program);
    return path;
  });
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: paths }, ts.sys, ROOT);
  const typeRoots = [join(ROOT, 'node_modules/@types')];
  const compiler = ts.createProgram(paths, { ...options, rootDir: '/', typeRoots });
  return paths.map((path) => {
    const file = compiler.getSourceFile(path);
    const found = [...compiler.getSyntacticDiagnostics(file), ...compiler.getSemanticDiagnostics(file)];
    return found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
  });
}
