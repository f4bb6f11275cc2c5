import { join } from 'node:path';
import { locateAll } from '../../../tools/build';
import { sourceDir } from '../../../tools/crds';
import { serviceAccountKey, startApiServer } from './api-server';
import { Client } from './client';
import type { Cluster } from './cluster';
import { freePort } from './ports';
import { Workspace } from './workspace';

/** A control plane that runs. */
export interface ControlPlane {
  readonly cluster: Cluster;
  stop(): Promise<void>;
}

/** Addresses of fake pods, on which nobody answers. */
const POD_NETWORK = '10.100.0.1/16';

/** Starts the API server, the controllers, the scheduler, and kwok, which plays the kubelets of fake nodes. */
export async function startControlPlane(): Promise<ControlPlane> {
  const paths = await locateAll(['kube-controller-manager', 'kube-scheduler', 'kwok']);
  const workspace = new Workspace();
  try {
    const cluster = await startApiServer(workspace);
    const start = (name: keyof typeof paths, args: readonly string[]) => workspace.start(name, paths[name], args);
    start('kube-controller-manager', controllerManagerArguments(workspace.folder, cluster));
    start('kube-scheduler', await schedulerArguments(cluster));
    const kwok = start('kwok', await kwokArguments(cluster));
    // Pods are refused in a namespace whose service account the controllers have not made yet.
    const account = '/api/v1/namespaces/default/serviceaccounts/default';
    await kwok.ready(() => new Client(cluster).request('GET', account));
    return { cluster, stop: () => workspace.stop() };
  } catch (error) {
    await workspace.stop();
    throw error;
  }
}

function controllerManagerArguments(folder: string, { kubeconfig, caFile }: Cluster): string[] {
  return [
    `--kubeconfig=${kubeconfig}`,
    '--leader-elect=false',
    '--secure-port=0',
    '--use-service-account-credentials',
    `--service-account-private-key-file=${serviceAccountKey(folder)}`,
    `--root-ca-file=${caFile}`,
    // The same controllers, awake more often: a test waits for seconds where a team waits for minutes.
    '--horizontal-pod-autoscaler-sync-period=1s',
    '--horizontal-pod-autoscaler-cpu-initialization-period=1s',
    '--horizontal-pod-autoscaler-initial-readiness-delay=1s',
    '--horizontal-pod-autoscaler-downscale-stabilization=7s',
    // Five by default: those whose metrics a test holds back would keep the others waiting.
    '--concurrent-horizontal-pod-autoscaler-syncs=40',
    // When it decides, and when it has acted.
    '--vmodule=horizontal=4',
    '--node-monitor-period=1s',
    '--node-monitor-grace-period=12s',
    // Twenty calls in a second, the default, are soon used up by tests that work side by side.
    '--kube-api-qps=200',
    '--kube-api-burst=400',
  ];
}

async function schedulerArguments({ kubeconfig }: Cluster): Promise<string[]> {
  return [
    `--kubeconfig=${kubeconfig}`,
    '--leader-elect=false',
    '--bind-address=127.0.0.1',
    `--secure-port=${await freePort()}`,
  ];
}

async function kwokArguments({ kubeconfig }: Cluster): Promise<string[]> {
  const stages = join(await sourceDir('kwok'), 'kustomize', 'stage');
  return [
    `--kubeconfig=${kubeconfig}`,
    // A node without the label is one whose kubelet has died.
    '--manage-all-nodes=false',
    '--manage-nodes-with-label-selector=type=kwok',
    `--cidr=${POD_NETWORK}`,
    '--node-ip=127.0.0.1',
    '--node-lease-duration-seconds=8',
    ...[
      join(stages, 'node/fast/node-initialize.yaml'),
      join(stages, 'node/heartbeat-with-lease/node-heartbeat-with-lease.yaml'),
      join(stages, 'pod/fast/pod-ready.yaml'),
      join(__dirname, 'pod-end.yaml'),
    ].map((file) => `--config=${file}`),
  ];
}
