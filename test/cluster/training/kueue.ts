import type { Client } from '../harness/client';
import { eventually } from '../harness/eventually';
import { deleteAll } from '../harness/workloads';
import type { Workspace } from '../harness/workspace';
import { startController } from './controllers';

const HOME = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kueue-system' } };
/** Those whose webhooks are registered, unless other ones are said. */
const KINDS = ['job', 'jobset', 'pod', 'deployment', 'clusterqueue', 'resourceflavor', 'workload', 'cohort'];
const JOB_SET_WEBHOOKS = ['mjobset.kb.io', 'vjobset.kb.io', 'mpod.kb.io', 'vpod.kb.io'];

/** Kueue with a configuration, and the controller of JobSets if it is built. Returns what takes their webhooks away. */
export async function startKueue(
  client: Client,
  workspace: Workspace,
  {
    namespace,
    jobSets,
    kinds = KINDS,
    config,
  }: {
    readonly namespace: string | readonly string[];
    readonly jobSets: boolean;
    readonly kinds?: readonly string[];
    readonly config: object;
  },
): Promise<() => Promise<void>> {
  await client.apply(HOME);
  const secret = { name: 'kueue-webhook-server-cert', namespace: HOME.metadata.name };
  await client.apply({ apiVersion: 'v1', kind: 'Secret', metadata: secret });
  const options = {
    namespace,
    webhooks: kinds.flatMap((kind) => [`m${kind}.kb.io`, `v${kind}.kb.io`]),
    // Without it, Kueue reads the certificate of its metrics from a folder below /etc.
    internalCertManagement: {
      enable: true,
      webhookServiceName: 'kueue-webhook-service',
      webhookSecretName: secret.name,
    },
    ...config,
  };
  // It serves an API of its own, which needs a certificate that the API server knows.
  const controllers = [
    await startController(client, workspace, 'kueue', options, ['--feature-gates=VisibilityOnDemand=false']),
  ];
  if (jobSets) {
    controllers.push(await startController(client, workspace, 'jobset', { namespace, webhooks: JOB_SET_WEBHOOKS }));
  }
  return async () => {
    for (const controller of controllers) await controller.stop();
    await workspace.stop();
    await deleteAll(client, [HOME]);
  };
}

/** Waits until Kueue has let go of what belongs to no namespace: it keeps each until the last workload is gone. */
export async function queuesGone(client: Client): Promise<void> {
  await eventually(async () => {
    for (const kind of ['ClusterQueue', 'Cohort', 'ResourceFlavor', 'Topology']) {
      expect(await client.list('kueue.x-k8s.io/v1beta1', kind)).toEqual([]);
    }
  });
}
