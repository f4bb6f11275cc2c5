import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Container } from 'kubernetes-types/core/v1';
import { HELPER_IMAGES } from '../core/helper-images';
import { RESTRICTED_CONTAINER } from '../platform/pod-security';
import type { Destination, Notifications } from './notify-props';
import { secretFile } from './secrets';

/** The script between Alertmanager and group robots, which want a JSON of their own and signatures. */
export const RELAY_SCRIPT = readFileSync(join(__dirname, 'alert-relay.py'), 'utf8');

/** On loopback, beside Alertmanager's own 9093 and 9094. */
const PORT = 9095;
const FOLDER = '/opt/recstack';
const SECRETS = '/etc/relay-secrets';

type Robot = Extract<Destination, { type: 'dingtalk' | 'wecom' | 'feishu' }>;

/** Whether messages go there by way of the relay. */
export function isRobot(to: Destination): to is Robot {
  return to.type === 'dingtalk' || to.type === 'wecom' || to.type === 'feishu';
}

/** Where Alertmanager posts what a robot shall say. */
export function relayUrl(name: string): string {
  return `http://127.0.0.1:${PORT}/${name}`;
}

/** What the relay reads: its port, and of each robot the files with its address and its key. */
export function relayConfig(notifications: Notifications): { readonly port: number; readonly robots: object } {
  const robots = Object.entries(notifications).flatMap(([name, { to }]) => (isRobot(to) ? [[name, robot(to)]] : []));
  return { port: PORT, robots: Object.fromEntries(robots) };
}

function robot(to: Robot): object {
  return {
    type: to.type,
    language: to.language,
    url: secretFile(SECRETS, to.url),
    ...('secret' in to && to.secret !== undefined ? { secret: secretFile(SECRETS, to.secret) } : {}),
  };
}

/**
 * The relay beside Alertmanager, so that neither a Service nor a way through a network policy is needed. It has no
 * probe: on loopback the kubelet doesn't reach it, and Alertmanager counts what it doesn't deliver.
 */
export function relayContainer(pin: (image: string) => string): Container {
  return {
    name: 'relay',
    image: pin(HELPER_IMAGES.python),
    imagePullPolicy: 'IfNotPresent',
    command: ['python3', '-B', `${FOLDER}/alert-relay.py`, `${FOLDER}/relay.json`],
    resources: {
      requests: { cpu: '10m', memory: '64Mi', 'ephemeral-storage': '64Mi' },
      limits: { memory: '64Mi', 'ephemeral-storage': '64Mi' },
    },
    securityContext: RESTRICTED_CONTAINER,
    volumeMounts: [
      { name: 'relay', mountPath: FOLDER, readOnly: true },
      { name: 'relay-secrets', mountPath: SECRETS, readOnly: true },
    ],
  };
}
