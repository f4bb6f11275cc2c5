import { join } from 'node:path';
import ts from 'typescript';

const ROOT = join(__dirname, '..', '..');
/** A file that there is not: its content lies in memory, its imports are those of a file in this folder. */
const FILE = join(__dirname, 'snippets.ts');

/** What the compiler has to say against a snippet. */
export interface Complaint {
  readonly code: number;
  readonly text: string;
}

/**
 * Type-checks snippets, each on its own below common imports, and returns the complaints about each. They are checked
 * together, because nearly all of the time goes into the types of the libraries.
 */
export function complaints(imports: string, snippets: readonly string[]): Complaint[][] {
  const head = imports.trim().split('\n');
  // One line for each, so that the line of a complaint tells the snippet.
  const lines = snippets.map((snippet) => `{ ${snippet.replace(/\s*\n\s*/g, ' ')} }`);
  const program = compile([...head, ...lines].join('\n'));
  const found: Complaint[][] = snippets.map(() => []);
  for (const { start = 0, code, messageText } of diagnosticsOf(program)) {
    const line = program.getSourceFile(FILE)?.getLineAndCharacterOfPosition(start).line ?? 0;
    const text = ts.flattenDiagnosticMessageText(messageText, '\n');
    const list = found[line - head.length];
    if (list === undefined) throw new Error(`the imports do not compile: ${text}`);
    list.push({ code, text });
  }
  return found;
}

function diagnosticsOf(program: ts.Program): readonly ts.Diagnostic[] {
  const file = program.getSourceFile(FILE);
  return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
}

function compile(content: string): ts.Program {
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [FILE] }, ts.sys, ROOT);
  const host = ts.createCompilerHost(options);
  const [fileExists, readFile] = [host.fileExists, host.readFile];
  host.fileExists = (path) => path === FILE || fileExists(path);
  host.readFile = (path) => (path === FILE ? content : readFile(path));
  return ts.createProgram([FILE], options, host);
}
