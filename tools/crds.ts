import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { requirement } from './gomod';
import { PROGRAMS, type Program, type ProgramName } from './programs';

export interface CrdSource {
  readonly module: string;
  readonly version: string;
  /** The folder of the module with one YAML file per custom resource definition. */
  readonly folder: string;
}

/** An engine that is built here too takes its version from there: its CRDs and its controller belong together. */
function built(name: ProgramName, folder: string): CrdSource {
  const { path, version } = upstream(name);
  return { module: path, version, folder };
}

/**
 * Where the custom resource definitions of each engine come from: its Go module, so that no copy is needed here. All of
 * them resolve and hold CRDs in that folder. External Secrets is missing because its module doesn't resolve.
 */
export const CRDS = {
  'argo-rollouts': built('argo-rollouts', 'manifests/crds'),
  'argo-workflows': {
    module: 'github.com/argoproj/argo-workflows/v3',
    version: 'v3.7.0',
    folder: 'manifests/base/crds/full',
  },
  'gateway-api': { module: 'sigs.k8s.io/gateway-api', version: 'v1.4.0', folder: 'config/crd/standard' },
  'gateway-api-experimental': {
    module: 'sigs.k8s.io/gateway-api',
    version: 'v1.4.0',
    folder: 'config/crd/experimental',
  },
  jobset: built('jobset', 'config/components/crd/bases'),
  keda: built('keda-operator', 'config/crd/bases'),
  kserve: built('kserve', 'config/crd/full'),
  kuberay: built('kuberay', 'config/crd/bases'),
  kueue: built('kueue', 'config/components/crd/bases'),
  'prometheus-operator': {
    module: 'github.com/prometheus-operator/prometheus-operator',
    version: 'v0.85.0',
    folder: 'example/prometheus-operator-crd',
  },
  traefik: built('traefik', 'docs/content/reference/dynamic-configuration'),
  trainer: built('trainer', 'manifests/base/crds'),
  velero: { module: 'github.com/vmware-tanzu/velero', version: 'v1.17.0', folder: 'config/crd/v1/bases' },
} as const satisfies Record<string, CrdSource>;

export type CrdSourceName = keyof typeof CRDS;

/** The folder with the CRDs of an engine, on this machine. */
export async function crdDir(name: CrdSourceName): Promise<string> {
  const { module, version, folder } = CRDS[name];
  return join(await moduleDir(`${module}@${version}`), folder);
}

/** The source of a program at the version that is built: kwok's stages lie in `kustomize/stage` of its own. */
export async function sourceDir(name: ProgramName): Promise<string> {
  const { path, version } = upstream(name);
  return moduleDir(`${path}@${version}`);
}

/** The folder of a Go module such as `sigs.k8s.io/kueue@v0.14.0`, downloaded into Go's module cache if need be. */
export function moduleDir(moduleAtVersion: string): Promise<string> {
  let dir = downloads.get(moduleAtVersion);
  if (dir === undefined) {
    dir = download(moduleAtVersion);
    downloads.set(moduleAtVersion, dir);
  }
  return dir;
}

const downloads = new Map<string, Promise<string>>();

async function download(moduleAtVersion: string): Promise<string> {
  // It reports a failure in its JSON, together with an exit code.
  const { stdout, stderr } = await promisify(execFile)('go', ['mod', 'download', '-json', moduleAtVersion], {
    cwd: __dirname,
    env: { ...process.env, GOWORK: 'off' },
  }).catch((error: { stdout?: string; stderr?: string }) => ({
    stdout: error.stdout,
    stderr: error.stderr ?? String(error),
  }));
  const { Dir, Error: reason }: { Dir?: string; Error?: string } = stdout ? JSON.parse(stdout) : {};
  if (Dir === undefined) throw new Error(`go mod download ${moduleAtVersion}: ${reason ?? stderr}`);
  return Dir;
}

function upstream(name: ProgramName) {
  const program: Program = PROGRAMS[name];
  return requirement(program.module, program.package);
}
