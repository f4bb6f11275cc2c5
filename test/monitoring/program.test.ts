import type { NetworkPolicySpec } from 'kubernetes-types/networking/v1';
import { matchers } from '../../lib/testing';
import { platform, specOf } from '../serving/fixtures';
import { containerOf, monitored, podOf } from './fixtures';

expect.extend(matchers);

const NAMES = [
  ...['monitoring-alertmanager', 'monitoring-kube-state-metrics', 'monitoring-prometheus', 'monitoring-grafana'],
];
const manifests = monitored();
const selector = (name: string) => ({ 'app.kubernetes.io/name': name, 'app.kubernetes.io/part-of': 'shop' });

test('monitoring is four programs, called by where they are in the tree', () => {
  expect(manifests.ofKind('StatefulSet').map(({ metadata }) => metadata.name)).toEqual(NAMES);
});

describe.each(NAMES)('%s', (name) => {
  test('runs once, because its data is for one', () => {
    expect(manifests).toHaveObject('StatefulSet', name, {
      spec: {
        replicas: 1,
        serviceName: name,
        selector: { matchLabels: selector(name) },
        template: {
          metadata: {
            labels: {
              ...selector(name),
              'app.kubernetes.io/component': 'monitoring',
              'app.kubernetes.io/managed-by': 'recstack',
            },
          },
        },
      },
    });
  });

  test('is reached by pods of its namespace at its port, through its service, and at no other', () => {
    const [port] = containerOf(manifests, name).ports;
    expect(specOf(manifests, 'Service', name)).toEqual({
      type: 'ClusterIP',
      selector: selector(name),
      ports: [{ name: 'http', port: port?.containerPort, targetPort: 'http', protocol: 'TCP' }],
    });
    const policy = specOf<NetworkPolicySpec>(manifests, 'NetworkPolicy', name);
    expect(policy).toMatchObject({
      podSelector: { matchLabels: selector(name) },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from: [{ podSelector: {} }], ports: [{ protocol: 'TCP', port: port?.containerPort }] }],
    });
    expect(policy.ingress).toHaveLength(1);
  });

  test('may be moved when its node is drained, one pod at a time', () => {
    expect(specOf(manifests, 'PodDisruptionBudget', name)).toEqual({
      maxUnavailable: 1,
      selector: { matchLabels: selector(name) },
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
    });
  });

  test('is such as Pod Security `restricted` admits, with an identity of its own', () => {
    const pod = podOf(manifests, name);
    expect(pod).toMatchObject({ serviceAccountName: name, enableServiceLinks: false });
    expect(pod.securityContext).toEqual({
      runAsNonRoot: true,
      runAsUser: 10001,
      runAsGroup: 10001,
      fsGroup: 10001,
      fsGroupChangePolicy: 'OnRootMismatch',
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(containerOf(manifests, name).securityContext).toEqual({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      privileged: false,
      readOnlyRootFilesystem: true,
    });
  });

  test('is given time to start, taken out of service after half a minute, and started anew after 90 s', () => {
    const { startupProbe, readinessProbe, livenessProbe } = containerOf(manifests, name);
    const single: Record<string, string> = {
      'monitoring-grafana': '/api/health',
      'monitoring-kube-state-metrics': '/healthz',
    };
    const own = single[name];
    const path = own === undefined ? ['/-/ready', '/-/healthy'] : [own, own];
    expect(startupProbe).toEqual({
      httpGet: { path: path[0], port: 'http' },
      periodSeconds: 5,
      // Five minutes, and fifteen for Prometheus.
      failureThreshold: name === 'monitoring-prometheus' ? 180 : 60,
    });
    expect(readinessProbe).toEqual({
      httpGet: { path: path[0], port: 'http' },
      periodSeconds: 10,
      failureThreshold: 3,
    });
    expect(livenessProbe).toEqual({ httpGet: { path: path[1], port: 'http' }, periodSeconds: 15, failureThreshold: 6 });
  });

  test('has no CPU limit, and memory and disk are limited to what is set aside', () => {
    const { requests = {}, limits = {} } = containerOf(manifests, name).resources;
    expect(Object.keys(requests)).toEqual(['cpu', 'ephemeral-storage', 'memory']);
    expect({ cpu: requests.cpu, ...limits }).toEqual(requests);
  });

  test('mounts every volume, and its data', () => {
    const { volumes = [] } = podOf(manifests, name);
    const { volumeClaimTemplates = [] } = specOf<{ volumeClaimTemplates?: { metadata: { name: string } }[] }>(
      manifests,
      'StatefulSet',
      name,
    );
    const there = [
      ...volumes.map((volume) => volume.name),
      ...volumeClaimTemplates.map(({ metadata }) => metadata.name),
    ];
    const mounted = containerOf(manifests, name).volumeMounts.map((mount) => mount.name);
    expect(mounted.sort()).toEqual(there.sort());
    expect(mounted).toContain('data');
  });

  test('every ConfigMap that it mounts is there', () => {
    for (const { configMap } of podOf(manifests, name).volumes ?? []) {
      if (configMap?.name) expect(manifests).toHaveObject('ConfigMap', configMap.name);
    }
  });

  test('every object of it says that it is about monitoring', () => {
    for (const { kind, metadata } of manifests.all.filter((manifest) => manifest.metadata.name === name)) {
      expect([kind, metadata.labels?.['app.kubernetes.io/component']]).toEqual([kind, 'monitoring']);
    }
  });
});

test('data with a size is on a claim, written as the API server does, so that a second apply changes nothing', () => {
  expect(specOf(manifests, 'StatefulSet', 'monitoring-prometheus').volumeClaimTemplates).toEqual([
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'data' },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '50Gi' } } },
    },
  ]);
  expect(podOf(manifests, 'monitoring-prometheus').volumes?.map(({ name }) => name)).not.toContain('data');
});

test('data without a size goes with the pod', () => {
  expect(specOf(manifests, 'StatefulSet', 'monitoring-grafana')).not.toHaveProperty('volumeClaimTemplates');
  expect(podOf(manifests, 'monitoring-grafana').volumes).toContainEqual({ name: 'data', emptyDir: {} });
});

test('images have the digests of images.lock, and in production those without are warned about', () => {
  const digest = `sha256:${'0'.repeat(64)}`;
  const image = containerOf(manifests, 'monitoring-grafana').image;
  const locked = monitored({}, platform({ images: { [image]: digest } }));
  expect(containerOf(locked, 'monitoring-grafana').image).toBe(`${image}@${digest}`);
  expect(manifests.warnings.map(({ text }) => text)).toContainEqual(
    expect.stringContaining(`image '${image}' has no digest`),
  );
  expect(JSON.stringify(locked.warnings)).not.toContain(image);
});
