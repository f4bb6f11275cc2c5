import * as pulumi from '@pulumi/pulumi';
import { holdsPlaceholder, splitAtPlaceholders } from '../core/deferred';

/** Puts deferred values back into the places of their placeholders, joined to the text around them. */
export function resolveDeferred<T>(data: T): pulumi.Input<T> & T;
export function resolveDeferred(data: unknown): unknown {
  if (typeof data === 'string') return holdsPlaceholder(data) ? joined(data) : data;
  if (Array.isArray(data)) return data.map((item) => resolveDeferred(item));
  if (typeof data !== 'object' || data === null) return data;
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, resolveDeferred(value)]));
}

function joined(text: string): pulumi.Output<string> {
  // Parts are literal text and Outputs; concat keeps what is secret secret.
  return pulumi.concat(...splitAtPlaceholders(text).map((part) => part as pulumi.Input<string>));
}
