import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Cluster } from '../../harness/cluster';

/** When the autoscaler's controller did what for a workload, in seconds. */
export interface Moments {
  /** It knew what its metrics ask for, and turned to its history. */
  readonly decided: readonly number[];
  /** It had written a new number of replicas. */
  readonly scaled: readonly number[];
}

/** Such as `I1124 14:25:15.123456   4711 horizontal.go:930] "Proposing desired replicas" …`, in local time. */
const LINE = /^I(\d\d)(\d\d) (\d\d):(\d\d):(\d\d\.\d+) +\d+ horizontal\.go:\d+\] "(.*?)" (.*)$/;

/** The moments of all workloads of a namespace, by their name, from the log of the controllers. */
export function momentsIn({ kubeconfig }: Cluster, namespace: string): (name: string) => Moments {
  const text = readFileSync(join(dirname(kubeconfig), 'kube-controller-manager.log'), 'utf8');
  const lines = text.split('\n').flatMap((line) => {
    const [, month, day, hour, minute, second, message = '', rest = ''] = LINE.exec(line) ?? [];
    const midnight = new Date(new Date().getFullYear(), Number(month) - 1, Number(day), Number(hour), Number(minute));
    return message === '' ? [] : [{ at: midnight.getTime() / 1000 + Number(second), message, rest }];
  });
  const when = (message: string, subject: string) =>
    lines.filter((line) => line.message.startsWith(message) && line.rest.includes(subject)).map(({ at }) => at);
  return (name) => ({
    decided: when('Proposing desired replicas', `scaleTarget="Deployment/${namespace}/${name}"`),
    scaled: when('Successfully rescaled', `HPA="${namespace}/${name}"`),
  });
}
