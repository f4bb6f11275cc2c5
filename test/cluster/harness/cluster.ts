/** How the control plane of this run is reached. */
export interface Cluster {
  /** The API server, `https://127.0.0.1:<port>`. */
  readonly url: string;
  /** A bearer token that may do everything. */
  readonly token: string;
  /** File with the certificate that the API server is verified by. */
  readonly caFile: string;
  /** File with the three above, for programs that read a kubeconfig. */
  readonly kubeconfig: string;
  /** The version of the API server, such as `1.37.2`. */
  readonly version: string;
}

const VARIABLE = 'RECSTACK_TEST_CLUSTER';

/** The control plane that the run started before its first test. */
export function cluster(): Cluster {
  const text = process.env[VARIABLE];
  if (text === undefined) throw new Error('there is no control plane: run jest with -c test/cluster/jest.config.js');
  return JSON.parse(text);
}

/** Tells the workers of jest, which inherit the environment. */
export function publish(value: Cluster): void {
  process.env[VARIABLE] = JSON.stringify(value);
}
