import { runtime } from '@pulumi/pulumi';
import { type JavaScriptValue, Struct } from 'google-protobuf/google/protobuf/struct_pb';

/** Inputs or outputs of a resource as they go over the wire: secrets are wrapped, what is not known yet is a sentinel. */
export type Properties = Readonly<Record<string, unknown>>;

/** Stands for a value that is known only after an apply. */
export const UNKNOWN = runtime.unknownValue;

interface Secret {
  readonly value: unknown;
}

export function fromWire(struct: Struct | undefined): Properties {
  return struct?.toJavaScript() ?? {};
}

export function toWire(properties: Properties): Struct {
  return Struct.fromJavaScript(properties as Record<string, JavaScriptValue>);
}

export function secret(value: unknown): unknown {
  return isSecret(value) ? value : { [runtime.specialSigKey]: runtime.specialSecretSig, value };
}

/** The same data with the secrets in plain sight, as the API server must see them. */
export function revealed<T>(data: T): T;
export function revealed(data: unknown): unknown {
  if (isSecret(data)) return revealed(data.value);
  if (Array.isArray(data)) return data.map((item) => revealed(item));
  return isMap(data) ? mapValues(data, (item) => revealed(item)) : data;
}

/** `data` with a wrapping around everything that is secret at the same place of `model`. */
export function withSecretsOf<T>(model: unknown, data: T): T;
export function withSecretsOf(model: unknown, data: unknown): unknown {
  if (data === undefined) return data;
  if (isSecret(model)) return secret(data);
  if (Array.isArray(model) && Array.isArray(data)) return data.map((item, i) => withSecretsOf(model[i], item));
  return isMap(model) && isMap(data) ? mapValues(data, (item, key) => withSecretsOf(model[key], item)) : data;
}

export function holdsUnknown(data: unknown): boolean {
  if (typeof data !== 'object' || data === null) return data === UNKNOWN;
  return Object.values(data).some((item) => holdsUnknown(item));
}

export function isMap(data: unknown): data is Record<string, unknown> {
  return typeof data === 'object' && data !== null && !Array.isArray(data);
}

export function mapValues(map: Properties, use: (value: unknown, key: string) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, use(value, key)]));
}

function isSecret(data: unknown): data is Secret {
  return isMap(data) && data[runtime.specialSigKey] === runtime.specialSecretSig;
}
