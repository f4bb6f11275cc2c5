import { must, pattern } from './schema';

const BINARY = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50 } as const;
const DECIMAL = { k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15 } as const;

/**
 * An amount of memory or storage in Kubernetes' notation: `'64Gi'`, `'500M'`.
 *
 * @see https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 */
export type Bytes = `${number}${keyof typeof BINARY | keyof typeof DECIMAL}`;

/** An amount of CPU in Kubernetes' notation: `'4'` cores, `'250m'` thousandths of a core. */
export type Cpu = `${number}` | `${number}m`;

const UNITS = new Map<string, number>(Object.entries({ ...BINARY, ...DECIMAL }));

const bytesRule = must("be an amount with a unit, like '64Gi' or '500M'", 'units are Ki Mi Gi Ti Pi and k M G T P');
const BYTES = /^(\d+(?:\.\d+)?)(Ki|Mi|Gi|Ti|Pi|k|M|G|T|P)$/;

/** An exbibyte: well above any volume or node, and with room for what is computed below the API server's 2⁶³. */
const MOST_BYTES = 2 ** 60;

/** Checks {@link Bytes}: positive, with a unit, at most 1024Pi. */
export const bytesSchema = pattern<Bytes>(BYTES, bytesRule, (value) => Number.parseFloat(value) > 0).refine(
  (value) => bytes(value) <= MOST_BYTES,
  { error: must("be at most '1024Pi'") },
);

const cpuRule = must("be an amount of CPU in quotes, like '4' or '250m'");
const CPU = /^(\d+(?:\.\d{1,3})?|\d+m)$/;

/** More than any node has: what is above is a slip of the unit. */
const MOST_CORES = 10_000;

/**
 * Checks {@link Cpu}: positive, at most a thousandth of a core fine, which is as fine as Kubernetes counts, and at most
 * 10000 cores.
 */
export const cpuSchema = pattern<Cpu>(CPU, cpuRule, (value) => Number.parseFloat(value) > 0).refine(
  (value) => cores(value) <= MOST_CORES,
  { error: must(`be at most '${MOST_CORES}' cores`) },
);

/** The number of bytes in a quantity. */
export function bytes(quantity: Bytes): number {
  const [, amount, unit] = BYTES.exec(quantity) ?? [];
  const factor = UNITS.get(unit ?? '');
  if (factor === undefined) throw new Error(`the quantity ${bytesRule({ input: quantity })}`);
  return Number(amount) * factor;
}

/** The number of cores in a quantity. */
export function cores(quantity: Cpu): number {
  if (!CPU.test(quantity)) throw new Error(`the quantity ${cpuRule({ input: quantity })}`);
  return quantity.endsWith('m') ? Number(quantity.slice(0, -1)) / 1000 : Number(quantity);
}

/**
 * A number of bytes as a quantity, rounded up to whole mebibytes.
 * It is the form the API server itself would write, so that applying it twice changes nothing.
 */
export function formatBytes(count: number): Bytes {
  requireFinite(count);
  // 1.1 × 100 GiB are 110 GiB, and not a mebibyte more: the noise of floating point is taken off before rounding up.
  const mebibytes = Math.max(1, Math.ceil(Number((count / BINARY.Mi).toFixed(6))));
  if (mebibytes % 2 ** 30 === 0) return `${mebibytes / 2 ** 30}Pi`;
  if (mebibytes % 2 ** 20 === 0) return `${mebibytes / 2 ** 20}Ti`;
  if (mebibytes % 2 ** 10 === 0) return `${mebibytes / 2 ** 10}Gi`;
  return `${mebibytes}Mi`;
}

/** A number of cores as a quantity, rounded up to a thousandth, in the form the API server would write. */
export function formatCpu(count: number): Cpu {
  requireFinite(count);
  // As above: 0.1 + 0.2 cores are 300m, not 301m.
  const millis = Math.max(1, Math.ceil(Number((count * 1000).toFixed(6))));
  return millis % 1000 === 0 ? `${millis / 1000}` : `${millis}m`;
}

function requireFinite(count: number): void {
  if (!Number.isFinite(count)) throw new Error(`an amount must be a finite number, got ${count}`);
}

/** A number in the form that the API server would write, so that applying it twice changes nothing. */
export function quantityOf(amount: number): string {
  const thousandths = Math.max(1, Math.round(amount * 1000));
  if (thousandths % 1000 !== 0) return `${thousandths}m`;
  const suffixes = ['', 'k', 'M', 'G'];
  let whole = thousandths / 1000;
  let i = 0;
  for (; whole % 1000 === 0 && i < suffixes.length - 1; i++) whole /= 1000;
  return `${whole}${suffixes[i]}`;
}
