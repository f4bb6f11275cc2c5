import { accessSync, constants, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { locate } from '../../../tools/build';
import { cluster } from '../harness/cluster';
import { serveLanguage } from './language/service';
import { serveProvider } from './provider/service';

/** The real Pulumi engine with a backend of its own, cut off from the internet and from the user's settings. */
export interface Engine {
  /** A temporary folder that everything lies in: the program in `bin/`, the states in `backend/`. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  stop(): void;
}

/** Starts what stands in for the plugins that are not on PATH, and gives the environment that leads Pulumi to them. */
export async function startEngine(): Promise<Engine> {
  const pulumi = await locate('pulumi');
  const folder = mkdtempSync(join(tmpdir(), 'recstack-pulumi-'));
  const inside = (name: string): string => {
    mkdirSync(join(folder, name));
    return join(folder, name);
  };
  symlinkSync(pulumi, join(inside('bin'), 'pulumi'));
  // A program in TypeScript is compiled into a cache there, which must not depend on what ran before.
  const scratch = { TMPDIR: inside('scratch') };
  const provider = isOnPath('pulumi-resource-kubernetes') ? undefined : await serveProvider(cluster());
  const language = isOnPath('pulumi-language-nodejs') ? undefined : await serveLanguage(scratch);
  return {
    folder,
    env: {
      ...scratch,
      ...(provider && { PULUMI_DEBUG_PROVIDERS: `kubernetes:${provider.port}` }),
      ...(language && { PULUMI_DEBUG_LANGUAGES: `nodejs:${language.port}` }),
      KUBECONFIG: cluster().kubeconfig,
      PULUMI_HOME: inside('home'),
      PULUMI_BACKEND_URL: pathToFileURL(inside('backend')).href,
      PULUMI_CONFIG_PASSPHRASE: 'of the test',
      PULUMI_SKIP_UPDATE_CHECK: 'true',
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: 'true',
    },
    stop: () => {
      provider?.stop();
      language?.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function isOnPath(program: string): boolean {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .some((folder) => folder !== '' && isExecutable(join(folder, program)));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
