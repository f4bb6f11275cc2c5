import { randomUUID } from 'node:crypto';
import type { PulumiFn, Stack } from '@pulumi/pulumi/automation';
import { deploy } from '../../../lib/pulumi';
import { Client } from '../harness/client';
import { cluster } from '../harness/cluster';
import { createStack } from './automation';
import { type Engine, startEngine } from './engine';
import { platform, type Variation } from './platform';

/** What a test works with. */
export interface Fixture {
  engine: Engine;
  client: Client;
  /** An empty stack. */
  stack: Stack;
  /** Namespace of the platform; it is not there yet. */
  namespace: string;
  /** A program that deploys the platform. */
  program(variation?: Variation): PulumiFn;
}

/** One engine for a file, a stack and a namespace for each test; what a test has made is destroyed, also when it fails. */
export function useStacks(): Fixture {
  const fixture = {
    program: (variation) => async () => {
      deploy(platform(fixture.namespace, variation));
    },
  } as Fixture;
  beforeAll(async () => {
    fixture.client = new Client(cluster());
    fixture.engine = await startEngine();
  });
  beforeEach(async () => {
    fixture.namespace = `pulumi-${randomUUID().slice(0, 8)}`;
    fixture.stack = await createStack(fixture.engine, fixture.namespace);
  });
  afterEach(async () => {
    await fixture.stack.destroy();
  });
  afterAll(() => fixture.engine.stop());
  return fixture;
}
