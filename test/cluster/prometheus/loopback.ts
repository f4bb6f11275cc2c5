/*
 * Ports are those that the manifests name, so that two runs on one machine must not meet by address: each has networks
 * of its own.
 */
const run = 2 * (1 + (process.pid % 120));

/** The network of the fake pods. */
export const POD_NETWORK = `127.${run}.0.0/16`;

/** The address of a fake node. */
export const nodeAddress = (index: number): string => `127.${run + 1}.0.${index + 1}`;
