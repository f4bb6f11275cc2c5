import * as pulumi from '@pulumi/pulumi';

/** A resource that a program registered: what Pulumi's engine would be told. */
export interface Registered {
  readonly type: string;
  readonly name: string;
  /** Inputs as they go over the wire: secrets are wrapped. */
  readonly inputs: Record<string, unknown>;
  /** Names of the resources that it waits for. */
  readonly dependsOn: readonly string[];
  /** `urn::id` of its provider. */
  readonly provider: string;
}

/** The part of a request to Pulumi's engine that is looked at; the SDK exports no type for it. */
interface RegisterRequest {
  getType(): string;
  getName(): string;
  getObject(): { toJavaScript(): Record<string, unknown> };
  getDependenciesList(): string[];
  getProvider(): string;
}

let registered: Registered[] = [];

/** Starts Pulumi's own mocks, and listens to what a program says to them. Call it before anything else. */
export async function startMocks(): Promise<void> {
  await pulumi.runtime.setMocks(
    { newResource: ({ name, inputs }) => ({ id: `${name}-id`, state: inputs }), call: ({ inputs }) => inputs },
    'recstack',
    'test',
    false,
  );
  const monitor = pulumi.runtime.getMonitor() as unknown as {
    registerResource(request: RegisterRequest, callback: unknown): Promise<void>;
  };
  const { registerResource } = monitor;
  monitor.registerResource = (request, callback) => {
    registered.push({
      type: request.getType(),
      name: request.getName(),
      inputs: request.getObject().toJavaScript(),
      dependsOn: request.getDependenciesList().map((urn) => urn.split('::').slice(3).join('::')),
      provider: request.getProvider(),
    });
    return registerResource.call(monitor, request, callback);
  };
}

/** Runs a program and returns the Kubernetes objects that it registered, once all of them have arrived. */
export async function register(program: () => unknown): Promise<Registered[]> {
  registered = [];
  await pulumi.runtime.runInPulumiStack(async () => {
    await program();
  });
  await pulumi.runtime.disconnect();
  return registered.filter(({ type }) => type.startsWith('kubernetes:'));
}
