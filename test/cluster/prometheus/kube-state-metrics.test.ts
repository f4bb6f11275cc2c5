import { join } from 'node:path';
import { OBJECT_METRICS } from '../../../lib/monitoring/object-metrics';
import type { Manifest } from '../../../lib/testing';
import { locate } from '../../../tools/build';
import { builtOf } from '../harness/built';
import { Client } from '../harness/client';
import { cluster } from '../harness/cluster';
import { eventually } from '../harness/eventually';
import { writeKubeconfig } from '../harness/kubeconfig';
import { freePorts } from '../harness/ports';
import { Program } from '../harness/process';
import { shopOf } from '../harness/shop';
import { applyAll, deleteAll } from '../harness/workloads';
import { argumentsOf, tokenOf } from './running-monitoring';
import { TemporaryFolder } from './temporary-folder';

/*
 * The real kube-state-metrics with the arguments and the token of its own pod, on objects as training leaves them: what
 * it tells of them is what the rules about training ask for.
 */
const NAMESPACE = 'object-metrics';
const OUTSIDE = 'object-metrics-outside';
const [name] = builtOf(['kube-state-metrics']);
const client = new Client(cluster());
const folder = new TemporaryFolder();
const shop = shopOf('dev', { namespace: NAMESPACE });
const AT = '2026-01-01T00:00:00Z';
const SECONDS = Date.parse(AT) / 1000;

const template = {
  spec: {
    restartPolicy: 'Never',
    securityContext: { runAsNonRoot: true, runAsUser: 10001, seccompProfile: { type: 'RuntimeDefault' } },
    // Waits for ever: there is no such node.
    nodeSelector: { none: 'such' },
    containers: [
      {
        name: 'trainer',
        image: 'registry.example.com/shop/dlrm-trainer:1.0.0',
        resources: { requests: { 'nvidia.com/gpu': '8' }, limits: { 'nvidia.com/gpu': '8' } },
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
      },
    ],
  },
};

/** The Job's controller leaves one with a manager alone, so that its status can be written here. */
const job = (id: string, managedBy?: string, namespace = NAMESPACE): Manifest => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: id, namespace, labels: { 'jobset.sigs.k8s.io/restart-attempt': '1' } },
  spec: { ...(managedBy && { managedBy }), template },
});
const outside = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: OUTSIDE } };
const objects = [
  ...shop.all,
  job('succeeded', 'example.com/test'),
  job('failed', 'example.com/test'),
  job('waiting'),
  outside,
  job('elsewhere', 'example.com/test', OUTSIDE),
];

let program: Program | undefined;
let page: string[] = [];

beforeAll(async () => {
  if (name === undefined) return;
  await applyAll(client, objects);
  const condition = (type: string) => ({ type, status: 'True', reason: 'Test', lastTransitionTime: AT });
  const status = (id: string, value: object) => client.patch(job(id), { status: value }, 'status');
  await status('succeeded', {
    startTime: AT,
    completionTime: AT,
    succeeded: 1,
    conditions: [condition('SuccessCriteriaMet'), condition('Complete')],
  });
  await status('failed', { startTime: AT, failed: 1, conditions: [condition('FailureTarget'), condition('Failed')] });
  const cronJob = shop.get('CronJob', 'ranker-retraining');
  await client.patch(cronJob, { status: { lastSuccessfulTime: AT } }, 'status');
  const [port = 0, telemetry = 0] = await freePorts(2);
  const kubeconfig = join(folder.path, 'kubeconfig');
  const token = await tokenOf(client, NAMESPACE, 'monitoring-kube-state-metrics');
  writeKubeconfig({ ...cluster(), token, kubeconfig });
  const args = argumentsOf(shop, 'kube-state-metrics').map((arg) => arg.replace(/^--port=\d+$/, `--port=${port}`));
  program = new Program(await locate(name), {
    args: [...args, `--kubeconfig=${kubeconfig}`, '--host=127.0.0.1', `--telemetry-port=${telemetry}`],
    log: folder.join('kube-state-metrics.log'),
  });
  await program.ready(async () => expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200));
  await eventually(async () => {
    page = (await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()).split('\n');
    expect(page.some((line) => line.startsWith('kube_pod_container_resource_requests{'))).toBe(true);
  });
}, 120_000);
afterAll(async () => {
  await program?.stop();
  folder.remove();
  if (name !== undefined) await deleteAll(client, objects);
}, 120_000);

const onBuilt = name === undefined ? test.skip : test;
const title = (text: string) =>
  name === undefined
    ? `${text}: kube-state-metrics is not built: npx tsx tools/build.ts --only kube-state-metrics`
    : text;

/** The series of a metric about an object, with their values. */
const valuesOf = (metric: string, matcher: string) =>
  page
    .filter((line) => line.startsWith(`${metric}{`) && line.includes(matcher))
    .map((line) => Number(line.split(' ').at(-1)));

onBuilt(title('it has every metric that the rules about training ask for, and none besides'), () => {
  const found = new Set(page.flatMap((line) => /^(\w+)\{/.exec(line)?.[1] ?? []));
  expect([...found].sort()).toEqual([...OBJECT_METRICS].sort());
});

onBuilt(title('it sees its own namespace, and no more'), () => {
  expect(page.filter((line) => line.includes(OUTSIDE))).toEqual([]);
});

onBuilt(title('a Job that has succeeded has the time of that, and one that has failed says so'), () => {
  expect(valuesOf('kube_job_status_completion_time', 'job_name="succeeded"')).toEqual([SECONDS]);
  expect(valuesOf('kube_job_status_completion_time', 'job_name="failed"')).toEqual([]);
  expect(valuesOf('kube_job_failed', 'job_name="failed",condition="true"')).toEqual([1]);
  expect(valuesOf('kube_job_failed', 'job_name="succeeded"')).toEqual([]);
  expect(valuesOf('kube_job_status_start_time', 'job_name="failed"')).toEqual([SECONDS]);
});

onBuilt(title('the attempt of a JobSet is a label of its Job'), () => {
  expect(valuesOf('kube_job_labels', 'label_jobset_sigs_k8s_io_restart_attempt="1"')).toHaveLength(3);
});

onBuilt(title('the last success of a schedule has its time'), () => {
  expect(valuesOf('kube_cronjob_status_last_successful_time', 'cronjob="ranker-retraining"')).toEqual([SECONDS]);
  expect(valuesOf('kube_cronjob_spec_suspend', 'cronjob="ranker-retraining"')).toEqual([0]);
});

onBuilt(title('a pod that waits asks for GPUs, and is pending'), () => {
  expect(valuesOf('kube_pod_container_resource_requests', 'resource="nvidia_com_gpu"')).toEqual([8]);
  const pending = page.filter((line) => line.startsWith('kube_pod_status_phase{') && line.includes('phase="Pending"'));
  expect(pending.filter((line) => line.includes('pod="waiting-')).map((line) => line.split(' ').at(-1))).toEqual(['1']);
});
