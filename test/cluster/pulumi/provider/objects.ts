import type { Manifest } from '../../../../lib/synth/manifest';
import { type Client, type Live, type Reference, Refused } from '../../harness/client';
import { eventually } from '../../harness/eventually';
import {
  holdsUnknown,
  isMap,
  mapValues,
  type Properties,
  revealed,
  secret,
  UNKNOWN,
  withSecretsOf,
} from './properties';

/** The field manager: what it applied once and leaves out later is removed. */
const OWNER = { manager: 'pulumi-kubernetes', force: true };
const DELETION_SECONDS = 90;

/** What the provider does to objects of the cluster, in terms of a resource's inputs and outputs. */
export class Objects {
  constructor(private readonly client: Client) {}

  async apply(inputs: Properties): Promise<Properties> {
    const { body } = await this.client.apply(manifestOf(inputs), OWNER);
    return outputsOf(body, inputs);
  }

  /** Lets the API server refuse it in preview already, where it can: not before its namespace or kind is there. */
  async rehearse(inputs: Properties): Promise<void> {
    if (holdsUnknown(inputs)) return;
    await this.client.apply(manifestOf(inputs), { ...OWNER, dryRun: true }).catch((error: unknown) => {
      if (!isMissing(error)) throw error;
    });
  }

  /** The object as it is, and the inputs as they would have to be for it; undefined when it is gone. */
  async read(inputs: Properties): Promise<{ inputs: Properties; outputs: Properties } | undefined> {
    try {
      const live = await this.client.get(manifestOf(inputs));
      return {
        inputs: withSecretsOf(inputs, observed(revealed(inputs), readable(live))),
        outputs: outputsOf(live, inputs),
      };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  async delete(outputs: Properties): Promise<void> {
    const object = manifestOf(outputs);
    await this.client.delete(object);
    await eventually(() => this.assertGone(object), { seconds: DELETION_SECONDS });
  }

  private async assertGone(object: Reference): Promise<void> {
    const found = await this.client.get(object).catch((error: unknown) => {
      if (!isMissing(error)) throw error;
    });
    if (found !== undefined) throw new Error(`${object.kind} ${object.metadata.name} is still being deleted`);
  }
}

/** What a program sees of an object that a preview would create: the server's own fields are unknown, not missing. */
export function announced(inputs: Properties): Properties {
  const { metadata, spec } = inputs;
  return {
    ...inputs,
    metadata: { ...(isMap(metadata) && metadata), uid: UNKNOWN, resourceVersion: UNKNOWN, creationTimestamp: UNKNOWN },
    ...(inputs.kind === 'Service' && { spec: { clusterIP: UNKNOWN, ...(isMap(spec) && spec) } }),
    status: UNKNOWN,
  };
}

export function idOf(properties: Properties): string {
  const { name, namespace } = manifestOf(properties).metadata;
  return namespace === undefined ? name : `${namespace}/${name}`;
}

function manifestOf(properties: Properties): Manifest {
  return revealed(properties) as Manifest;
}

function outputsOf(live: Live, inputs: Properties): Properties {
  const outputs = withSecretsOf(inputs, readable(live));
  if (live.kind !== 'Secret') return outputs;
  // The server writes what was given in plain text into `data` as well.
  return { ...outputs, data: secret(outputs.data ?? {}), stringData: secret(outputs.stringData ?? {}) };
}

/** A Secret's `stringData` can only be written; it is read as the `data` that the server made of it. */
function readable(live: Live): Properties {
  if (live.kind !== 'Secret' || !isMap(live.data)) return live;
  return { ...live, stringData: mapValues(live.data, (value) => Buffer.from(String(value), 'base64').toString()) };
}

/** Of the live object, just the fields that `inputs` sets: all the others are somebody else's. */
function observed<T>(inputs: T, live: unknown): T;
function observed(inputs: unknown, live: unknown): unknown {
  if (Array.isArray(inputs) && Array.isArray(live)) {
    return inputs.slice(0, live.length).map((item, i) => observed(item, live[i]));
  }
  if (!isMap(inputs) || !isMap(live)) return live;
  // A text that is empty is not written out by the server.
  const kept = Object.entries(inputs).filter(([key, value]) => key in live || value === '');
  return Object.fromEntries(kept.map(([key, value]) => [key, key in live ? observed(value, live[key]) : value]));
}

function isMissing(error: unknown): boolean {
  return error instanceof Refused && error.status === 404;
}
