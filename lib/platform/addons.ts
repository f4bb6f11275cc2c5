/** What can be installed into a cluster and changes what recstack may emit. */
export const ADDONS = [
  'metrics-server',
  'dcgm-exporter',
  'nvidia-dra-driver',
  'gpushare',
  'keda',
  'prometheus-adapter',
  'prometheus-operator',
  'gateway-api',
  'kserve',
  'kuberay',
  'jobset',
  'kubeflow-trainer',
  'kueue',
] as const;
/** The name of one. @useDeclaredType */
export type Addon = (typeof ADDONS)[number];
