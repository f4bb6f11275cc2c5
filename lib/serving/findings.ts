import type { Derivation } from '../core/derivation';
import { problemsWithLatency } from '../core/latency-buckets';
import { show } from '../core/problem';
import { bytes, formatBytes } from '../core/quantities';
import type { ServerMetrics } from '../core/server-metrics';
import { gpuProblems } from '../platform/gpu-problems';
import type { Platform } from '../platform/platform';
import { type Derived, memoryNeeds } from './derived';
import { modelFit } from './gpu-fit';
import { isImmutable, locationOf } from './model-artifact';
import type { ModelServerSettings } from './model-server-props';

/** Seconds; what is above is a slip of the unit, and far above it Kubernetes can't count them. */
const LONGEST_START = 30 * 86_400;

/** A server's settings, with what follows from them and where it runs. */
export interface Examined {
  readonly settings: ModelServerSettings;
  readonly derived: Derived;
  readonly metrics: ServerMetrics | undefined;
  readonly platform: Platform;
}

/** What is wrong with a server, what works and yet should be mended, and what was computed on the way. */
export interface Findings {
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  readonly derivations: readonly Derivation[];
}

const NOTHING: Findings = { problems: [], warnings: [], derivations: [] };

/** Holds a server's settings against each other, its model, its runtime and the cluster. */
export function findings(server: Examined): Findings {
  const all = [aboutModel(server), aboutGpus(server), aboutMetrics(server), aboutMemory(server)];
  return {
    problems: all.flatMap(({ problems }) => problems),
    warnings: all.flatMap(({ warnings }) => warnings),
    derivations: all.flatMap(({ derivations }) => derivations),
  };
}

function aboutModel({ settings, derived, platform }: Examined): Findings {
  const { model, cache } = settings;
  const { cluster, namespace, production } = platform;
  const problems: string[] = [];
  if (derived.progressSeconds > LONGEST_START) {
    problems.push(
      `model.size must be copied and loaded within 30 days, got '${model.size}': mend it, or startup.pullPerSecond, startup.loadPerSecond or startup.warmUp`,
    );
  }
  if (locationOf(model).scheme === 'oci' && !cluster.supports('image volumes')) {
    problems.push(
      `model.uri with image volumes must run on Kubernetes ${cluster.since('image volumes')} or newer, got ${cluster.kubernetes}: put the model into a bucket or on a claim`,
    );
  }
  const uncached = cache?.problemWith(model, namespace);
  if (uncached !== undefined) problems.push(`cache ${uncached}`);
  const warnings =
    production && !isImmutable(model)
      ? ['model.sha256 is missing: with it, a copy that is damaged or not the tested one is never served']
      : [];
  return { ...NOTHING, problems, warnings };
}

function aboutGpus({ settings, platform }: Examined): Findings {
  const { gpu, model, runtime } = settings;
  if (gpu === undefined) return NOTHING;
  const problems = [...gpuProblems(gpu, platform.cluster)];
  const fit = problems.length > 0 ? undefined : modelFit(gpu, model, runtime, platform.cluster);
  if (fit?.problem !== undefined) problems.push(fit.problem);
  if (gpu.share === 'time-slicing' && runtime.gpuMemory !== undefined) {
    problems.push(
      `gpu.share must be left out for ${runtime.name}, got 'time-slicing': it takes its part of all memory that it sees, which is the whole card's, so that a second one would not start; take gpu.mig or a smaller card`,
    );
  }
  if (runtime.gpus === 'none') {
    problems.push(
      `gpu must be left out, since ${runtime.name} uses no NVIDIA GPU, got ${show(gpu)}: the card would idle`,
    );
  }
  return { problems, warnings: [], derivations: fit === undefined ? [] : [fit.derivation] };
}

function aboutMetrics({ settings, metrics, platform }: Examined): Findings {
  const { problems, warnings } = problemsWithLatency(settings.runtime.name, metrics?.latency, settings.slo);
  return { ...NOTHING, problems, warnings: platform.production ? warnings : [] };
}

/** What is stated must have room for /dev/shm, which is memory (triton#3504), and should have for the model. */
function aboutMemory({ settings }: Examined): Findings {
  const { gpu, model, resources, runtime } = settings;
  const problems =
    gpu === undefined && model.embeddings.some(({ gpuCache }) => gpuCache !== undefined)
      ? ['model.embeddings must be without gpuCache where there is no GPU: leave it out, or add gpu']
      : [];
  if (resources.memory === undefined) return { ...NOTHING, problems };
  const { size, sharedMemory } = memoryNeeds(settings);
  const stated = `got '${resources.memory}'`;
  if (bytes(resources.memory) <= sharedMemory) {
    const text = `resources.memory must be above the ${runtime.sharedMemory} of /dev/shm, which is a part of it, ${stated}: raise it or leave it out`;
    return { ...NOTHING, problems: [...problems, text] };
  }
  if (bytes(resources.memory) >= size + sharedMemory) return { ...NOTHING, problems };
  const parts = sharedMemory === 0 ? '' : ` + ${runtime.sharedMemory} /dev/shm`;
  const text = `resources.memory should be ${formatBytes(size + sharedMemory)} or more for ${formatBytes(size)} model${parts}, ${stated}: raise it unless the server holds a part of the model only`;
  return { ...NOTHING, problems, warnings: [text] };
}
