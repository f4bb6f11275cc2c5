import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROGRAMS, type Program, type ProgramName } from './programs';

/** The folder of a Go module in tools/. */
export function moduleFolder(module: string): string {
  return join(__dirname, module);
}

export interface Requirement {
  readonly path: string;
  readonly version: string;
}

/** The upstream module that holds a package, as tools/MODULE/go.mod pins it: versions are written there and only there. */
export function requirement(module: string, packagePath: string): Requirement {
  const file = join(moduleFolder(module), 'go.mod');
  let found: Requirement | undefined;
  for (const [, path, version] of readFileSync(file, 'utf8').matchAll(
    /^(?:require)?\s+(\S+) (v\S+)(?: \/\/ indirect)?$/gm,
  )) {
    const holds = path !== undefined && (packagePath === path || packagePath.startsWith(`${path}/`));
    // A module may lie inside another one's path: the longest is the one that Go takes.
    if (holds && version !== undefined && path.length > (found?.path.length ?? 0)) found = { path, version };
  }
  if (found === undefined) throw new Error(`${file} requires no module that holds ${packagePath}`);
  return found;
}

/** The release of a program: 1.37.2 for kube-apiserver. */
export function release(name: ProgramName): string {
  const program: Program = PROGRAMS[name];
  const { version } = requirement(program.module, program.package);
  return program.release?.(version) ?? version.replace(/^v/, '');
}
