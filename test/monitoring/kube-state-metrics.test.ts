import { specOf } from '../serving/fixtures';
import { containerOf, monitored, podOf } from './fixtures';

const NAME = 'monitoring-kube-state-metrics';
const manifests = monitored();

test('it tells of what the rules about training ask for, and of its own namespace', () => {
  expect(containerOf(manifests, NAME).args).toEqual([
    '--port=8080',
    '--namespaces=shop',
    '--resources=cronjobs,jobs,pods',
    '--metric-allowlist=kube_job_created,kube_job_status_start_time,kube_job_status_completion_time,kube_job_failed,kube_job_labels,kube_cronjob_created,kube_cronjob_status_last_successful_time,kube_cronjob_spec_suspend,kube_pod_status_phase,kube_pod_container_resource_requests',
    '--metric-labels-allowlist=jobs=[jobset.sigs.k8s.io/restart-attempt]',
  ]);
});

test('it may list and watch these, and nothing else', () => {
  const { rules } = manifests.get('Role', NAME) as unknown as { rules: unknown };
  expect(rules).toEqual([
    { apiGroups: [''], resources: ['pods'], verbs: ['list', 'watch'] },
    { apiGroups: ['batch'], resources: ['jobs', 'cronjobs'], verbs: ['list', 'watch'] },
  ]);
  expect(podOf(manifests, NAME).automountServiceAccountToken).toBe(true);
});

test('it reaches the API server, whose address nobody knows, and nothing else', () => {
  expect(specOf<{ egress: unknown }>(manifests, 'NetworkPolicy', NAME).egress).toEqual([
    { ports: [443, 6443, 8443].map((port) => ({ protocol: 'TCP', port })) },
  ]);
});
