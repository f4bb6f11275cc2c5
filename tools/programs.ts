/**
 * The programs that tests run as real processes. Adding one is an entry here and a folder beside this file with its
 * go.mod (a `tool` line, the version that is pinned) and go.sum: see README.md.
 */

/**
 * `core` is what every test of test/cluster needs; `engines` are the add-ons that some of them run. Programs are built in
 * the order of this list: what is quick comes first, so that a time budget yields as many as it can.
 */
export type Tier = 'core' | 'engines';

export interface Program {
  /** The folder in tools/ whose go.mod pins the version. Programs of one upstream module share a folder. */
  readonly module: string;
  /** The main package. */
  readonly package: string;
  readonly tier: Tier;
  readonly tags?: readonly string[];
  /** The release that a module version stands for. @default the module version without its "v" */
  readonly release?: (moduleVersion: string) => string;
  /** Variables that the linker fills in. Without them many programs call themselves v0.0.0 or "main". */
  readonly stamp?: (release: string) => Readonly<Record<string, string>>;
  /** What makes a program on PATH as good as ours. @default one on PATH is never taken */
  readonly onPath?: OnPath;
  /** Whether envtest's KUBEBUILDER_ASSETS holds it. */
  readonly kubebuilder?: true;
}

export interface OnPath {
  /** The arguments that print the version. */
  readonly version: readonly string[];
  /** How much of our version must agree. */
  readonly same: 'major' | 'minor';
}

// A Kubernetes of another minor has other defaults, validations and APIs: a test would pass on one machine and fail on
// the next. Patch releases only fix. The same holds for what decides pod stages (kwok) and checks rules (Prometheus).
const sameMinor: OnPath = { version: ['--version'], same: 'minor' };

const kubernetesVersion = (release: string) => ({
  'k8s.io/component-base/version.gitVersion': `v${release}`,
  'k8s.io/component-base/version.gitMajor': release.split('.')[0] ?? '',
  'k8s.io/component-base/version.gitMinor': release.split('.')[1] ?? '',
});

const prometheusVersion = (release: string) => ({ 'github.com/prometheus/common/version.Version': release });

/** The Go module of Prometheus 3.16.0 is v0.316.0. */
const prometheusRelease = (version: string) => version.replace(/^v0\.(\d)(\d\d)\./, (_, x, y) => `${x}.${Number(y)}.`);

export const PROGRAMS = {
  etcd: {
    module: 'etcd',
    package: 'go.etcd.io/etcd/server/v3',
    tier: 'core',
    onPath: sameMinor,
    kubebuilder: true,
  },
  'kube-apiserver': {
    module: 'kubernetes',
    package: 'k8s.io/kubernetes/cmd/kube-apiserver',
    tier: 'core',
    stamp: kubernetesVersion,
    onPath: sameMinor,
    kubebuilder: true,
  },
  'kube-controller-manager': {
    module: 'kubernetes',
    package: 'k8s.io/kubernetes/cmd/kube-controller-manager',
    tier: 'core',
    stamp: kubernetesVersion,
    onPath: sameMinor,
  },
  'kube-scheduler': {
    module: 'kubernetes',
    package: 'k8s.io/kubernetes/cmd/kube-scheduler',
    tier: 'core',
    stamp: kubernetesVersion,
    onPath: sameMinor,
  },
  // The oldest minor that the library claims to support; only what is admitted differs there, not who controls it.
  'kube-apiserver-oldest': {
    module: 'kubernetes-oldest',
    package: 'k8s.io/kubernetes/cmd/kube-apiserver',
    tier: 'core',
    stamp: kubernetesVersion,
  },
  kwok: {
    module: 'kwok',
    package: 'sigs.k8s.io/kwok/cmd/kwok',
    tier: 'core',
    onPath: sameMinor,
  },
  pulumi: {
    module: 'pulumi',
    package: 'github.com/pulumi/pulumi/pkg/v3/cmd/pulumi',
    tier: 'core',
    stamp: (release) => ({ 'github.com/pulumi/pulumi/sdk/v3/go/common/version.Version': `v${release}` }),
    // Any 3.x: the engine keeps its protocol and its state format within a major version, the npm SDK asks for no more,
    // and whoever has Pulumi has the language host and the plugins that belong to it, which a build of ours has not.
    onPath: { version: ['version'], same: 'major' },
  },
  promtool: {
    module: 'prometheus',
    package: 'github.com/prometheus/prometheus/cmd/promtool',
    tier: 'core',
    // Service discovery links the SDK of every cloud. The checks of rules and configurations do without.
    tags: ['remove_all_sd', 'enable_kubernetes_sd'],
    release: prometheusRelease,
    stamp: prometheusVersion,
    onPath: sameMinor,
  },
  prometheus: {
    module: 'prometheus',
    package: 'github.com/prometheus/prometheus/cmd/prometheus',
    tier: 'core',
    tags: ['remove_all_sd', 'enable_kubernetes_sd'],
    release: prometheusRelease,
    stamp: prometheusVersion,
    onPath: sameMinor,
  },
  amtool: {
    module: 'alertmanager',
    package: 'github.com/prometheus/alertmanager/cmd/amtool',
    tier: 'core',
    stamp: prometheusVersion,
    onPath: sameMinor,
  },
  alertmanager: {
    module: 'alertmanager',
    package: 'github.com/prometheus/alertmanager/cmd/alertmanager',
    tier: 'core',
    stamp: prometheusVersion,
    onPath: sameMinor,
  },
  node_exporter: {
    module: 'node-exporter',
    package: 'github.com/prometheus/node_exporter',
    tier: 'engines',
    stamp: prometheusVersion,
    onPath: sameMinor,
  },
  'kube-state-metrics': {
    module: 'kube-state-metrics',
    package: 'k8s.io/kube-state-metrics/v2',
    tier: 'engines',
    stamp: prometheusVersion,
    onPath: { version: ['version'], same: 'minor' },
  },
  'prometheus-adapter': {
    module: 'prometheus-adapter',
    package: 'sigs.k8s.io/prometheus-adapter/cmd/adapter',
    tier: 'engines',
  },
  k6: {
    module: 'k6',
    package: 'go.k6.io/k6',
    tier: 'engines',
    // The API of a k6 script is stable within a major version, and its results here are compared with nothing.
    onPath: { version: ['version'], same: 'major' },
  },
  traefik: {
    module: 'traefik',
    package: 'github.com/traefik/traefik/v3/cmd/traefik',
    tier: 'engines',
    stamp: (release) => ({ 'github.com/traefik/traefik/v3/pkg/version.Version': release }),
  },
  jobset: {
    module: 'jobset',
    package: 'sigs.k8s.io/jobset',
    tier: 'engines',
    stamp: (release) => ({ 'sigs.k8s.io/jobset/pkg/version.GitVersion': `v${release}` }),
  },
  kueue: {
    module: 'kueue',
    package: 'sigs.k8s.io/kueue/cmd/kueue',
    tier: 'engines',
    stamp: (release) => ({ 'sigs.k8s.io/kueue/pkg/version.GitVersion': `v${release}` }),
  },
  trainer: {
    module: 'trainer',
    package: 'github.com/kubeflow/trainer/v2/cmd/trainer-controller-manager',
    tier: 'engines',
  },
  'argo-rollouts': {
    module: 'argo-rollouts',
    package: 'github.com/argoproj/argo-rollouts/cmd/rollouts-controller',
    tier: 'engines',
    stamp: (release) => ({ 'github.com/argoproj/argo-rollouts/utils/version.version': `v${release}` }),
  },
  kuberay: {
    module: 'kuberay',
    package: 'github.com/ray-project/kuberay/ray-operator',
    tier: 'engines',
  },
  kserve: {
    module: 'kserve',
    package: 'github.com/kserve/kserve/cmd/manager',
    tier: 'engines',
  },
  'keda-operator': {
    module: 'keda',
    package: 'github.com/kedacore/keda/v2/cmd/operator',
    tier: 'engines',
    stamp: (release) => ({ 'github.com/kedacore/keda/v2/version.Version': release }),
  },
  'keda-adapter': {
    module: 'keda',
    package: 'github.com/kedacore/keda/v2/cmd/adapter',
    tier: 'engines',
    stamp: (release) => ({ 'github.com/kedacore/keda/v2/version.Version': release }),
  },
} as const satisfies Record<string, Program>;

export type ProgramName = keyof typeof PROGRAMS;

export const PROGRAM_NAMES = Object.keys(PROGRAMS) as ProgramName[];

export function isProgramName(name: string): name is ProgramName {
  return Object.hasOwn(PROGRAMS, name);
}

/** The names of a tier, as a type too: `locateAll('core')` has no `k6`. */
export type NameIn<T extends Tier> = {
  [Name in ProgramName]: (typeof PROGRAMS)[Name]['tier'] extends T ? Name : never;
}[ProgramName];

export function programsOf<T extends Tier>(tier: T): NameIn<T>[] {
  return PROGRAM_NAMES.filter((name): name is NameIn<T> => PROGRAMS[name].tier === tier);
}
