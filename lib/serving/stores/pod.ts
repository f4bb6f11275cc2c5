import type { Container, EnvVar, PodTemplateSpec, Probe } from 'kubernetes-types/core/v1';
import { hash } from '../../core/hash';
import type { SecretRef } from '../../core/secrets';
import { podLabels, selectorLabels } from '../../platform/labels';
import type { Platform } from '../../platform/platform';
import { RESTRICTED_CONTAINER, restrictedPod, UNPRIVILEGED } from '../../platform/pod-security';
import { CONFIG_FOLDER } from '../runtime';
import type { DerivedStore } from './derived';
import type { Exporter, StoreEngine, StoreProbe, StoreShape } from './engine';
import type { StoreSettings } from './store-props';

/** What a store's pods are made of. */
export interface StorePodInput {
  readonly platform: Platform;
  readonly engine: StoreEngine;
  readonly shape: StoreShape;
  readonly settings: StoreSettings;
  readonly derived: DerivedStore;
  /** Images with their digests. */
  readonly images: { readonly server: string; readonly exporter: string | undefined };
}

/** The pods of a store: the server, and where it tells nothing itself, an exporter beside it. */
export function storePod(input: StorePodInput): PodTemplateSpec {
  const { platform, engine, shape, settings, derived, images } = input;
  const { name } = shape;
  const identity = { platform: platform.node.id, name };
  const annotations = {
    ...(Object.keys(engine.files).length === 0 ? {} : { 'checksum/config': hash(JSON.stringify(engine.files)) }),
    ...backupAnnotations(engine),
  };
  return {
    metadata: {
      labels: podLabels({ ...identity, component: 'store' }),
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    },
    spec: {
      serviceAccountName: name,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      ...(settings.priorityClass === undefined ? {} : { priorityClassName: settings.priorityClass }),
      securityContext: restrictedPod({ uid: UNPRIVILEGED.uid, gid: engine.gid ?? UNPRIVILEGED.gid }),
      terminationGracePeriodSeconds: derived.graceSeconds,
      ...(shape.replicas === 1 ? {} : { topologySpreadConstraints: spread(engine, selectorLabels(identity)) }),
      containers: [
        server(input),
        ...(engine.exporter === undefined || images.exporter === undefined
          ? []
          : [exporter(engine.exporter, images.exporter)]),
      ],
      volumes: [
        ...engine.writablePaths.map((path) => ({ name: volumeName(path), emptyDir: { sizeLimit: '1Gi' } })),
        ...(Object.keys(engine.files).length === 0
          ? []
          : [
              {
                name: 'config',
                configMap: { name, items: Object.keys(engine.files).map((key) => ({ key, path: key })) },
              },
            ]),
      ],
    },
  };
}

/** Velero runs it in the pod before it takes the volume, and calls the backup failed when it fails. */
function backupAnnotations({ backup }: StoreEngine): Record<string, string> {
  if (backup === undefined) return {};
  // @see https://velero.io/docs/main/backup-hooks/
  const hook = 'pre.hook.backup.velero.io';
  return {
    [`${hook}/container`]: 'server',
    [`${hook}/command`]: JSON.stringify(backup.command),
    [`${hook}/timeout`]: `${backup.seconds}s`,
    [`${hook}/on-error`]: 'Fail',
  };
}

/** Replicas that hold each other's copies don't share a node: a node that is lost takes one of them. */
function spread(engine: StoreEngine, matchLabels: Record<string, string>) {
  const evenly = { maxSkew: 1, labelSelector: { matchLabels } };
  const whenUnsatisfiable = engine.stateless ? 'ScheduleAnyway' : 'DoNotSchedule';
  return [
    { ...evenly, topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'ScheduleAnyway' },
    { ...evenly, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable },
  ];
}

function server({ engine, shape, derived, images }: StorePodInput): Container {
  const { command, args, env } = engine.start(shape);
  const disk = { 'ephemeral-storage': `${engine.writablePaths.length + 1}Gi` };
  const { cpu, memory } = derived;
  const variables = variablesOf(env, engine.secrets);
  const ports = { ...engine.ports, ...(shape.replicas > 1 && engine.cluster ? { peers: engine.cluster.port } : {}) };
  return {
    name: 'server',
    image: images.server,
    imagePullPolicy: 'IfNotPresent',
    command: [...command],
    ...(args.length === 0 ? {} : { args: [...args] }),
    ...(variables.length === 0 ? {} : { env: variables }),
    ports: Object.entries(ports).map(([name, containerPort]) => ({ name, containerPort })),
    // Loading counts: a big dump must not be mistaken for a server that hangs.
    startupProbe: probe(engine.probes.startup, {
      periodSeconds: 5,
      timeoutSeconds: 5,
      failureThreshold: Math.ceil(derived.startupSeconds / 5),
    }),
    readinessProbe: probe(engine.probes.readiness, { periodSeconds: 5, timeoutSeconds: 3, failureThreshold: 3 }),
    livenessProbe: probe(engine.probes.liveness, { periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 }),
    ...(derived.lagSeconds === 0 ? {} : { lifecycle: { preStop: { sleep: { seconds: derived.lagSeconds } } } }),
    resources: {
      requests: { cpu, ...(memory === undefined ? {} : { memory }), ...disk },
      limits: { ...(memory === undefined ? {} : { memory }), ...disk },
    },
    securityContext: RESTRICTED_CONTAINER,
    volumeMounts: [
      ...(engine.dataFolder === undefined ? [] : [{ name: 'data', mountPath: engine.dataFolder }]),
      ...engine.writablePaths.map((path) => ({ name: volumeName(path), mountPath: path })),
      ...(Object.keys(engine.files).length === 0 ? [] : [{ name: 'config', mountPath: CONFIG_FOLDER, readOnly: true }]),
    ],
  };
}

function exporter({ port, healthPath, env, secrets }: Exporter, image: string): Container {
  const disk = { 'ephemeral-storage': '64Mi' };
  return {
    name: 'exporter',
    image,
    imagePullPolicy: 'IfNotPresent',
    env: variablesOf(env, secrets),
    ports: [{ name: 'metrics', containerPort: port }],
    livenessProbe: { httpGet: { path: healthPath, port: 'metrics' }, periodSeconds: 10, failureThreshold: 6 },
    resources: { requests: { cpu: '50m', memory: '64Mi', ...disk }, limits: { memory: '64Mi', ...disk } },
    securityContext: RESTRICTED_CONTAINER,
  };
}

function variablesOf(
  env: Readonly<Record<string, string>> = {},
  secrets: Readonly<Record<string, SecretRef>>,
): EnvVar[] {
  return [
    ...Object.entries(env).map(([name, value]) => ({ name, value })),
    ...Object.entries(secrets).map(([name, { name: secret, key }]) => ({
      name,
      valueFrom: { secretKeyRef: { name: secret, key } },
    })),
  ];
}

function probe(target: StoreProbe, timing: Probe): Probe {
  if ('command' in target) return { exec: { command: [...target.command] }, ...timing };
  if ('tcp' in target) return { tcpSocket: { port: target.tcp }, ...timing };
  return { httpGet: { path: target.path, port: target.port }, ...timing };
}

function volumeName(path: string): string {
  return `writable${path.replaceAll('/', '-')}`;
}
