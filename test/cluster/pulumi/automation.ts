import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type EngineEvent, LocalWorkspace, PulumiCommand, type Stack } from '@pulumi/pulumi/automation';
import type { Engine } from './engine';

/** A stack of the Automation API whose programs are functions of the test. */
export async function createStack(engine: Engine, stackName: string): Promise<Stack> {
  const workDir = join(engine.folder, stackName);
  mkdirSync(workDir);
  return LocalWorkspace.createStack(
    { stackName, projectName: 'recstack-test', program: async () => {} },
    { workDir, pulumiCommand: await PulumiCommand.get({ root: engine.folder }), envVars: { ...engine.env } },
  );
}

/** What an operation did to one resource. */
export interface Step {
  readonly op: string;
  /** The paths of the properties that differ. */
  readonly paths: readonly string[];
}

/** Writes down what happens to each resource: `up({ program, onEvent: journal.onEvent })`. */
export class Journal {
  /** By the resource's name; what stays as it is, is left out. */
  readonly steps: Record<string, Step> = {};

  readonly onEvent = ({ resourcePreEvent }: EngineEvent): void => {
    if (resourcePreEvent === undefined) return;
    const { op, urn, type, detailedDiff } = resourcePreEvent.metadata;
    if (op === 'same' || !type.startsWith('kubernetes:')) return;
    this.steps[nameOf(urn)] = { op, paths: Object.keys(detailedDiff ?? {}).sort() };
  };
}

/** The names of the resources in a state, each with those that it waits for. */
export async function dependenciesOf(stack: Stack): Promise<Record<string, string[]>> {
  const { deployment } = await stack.exportStack();
  const resources: { urn: string; type: string; dependencies?: string[] }[] = deployment.resources ?? [];
  return Object.fromEntries(
    resources
      .filter(({ type }) => type.startsWith('kubernetes:'))
      .map(({ urn, dependencies = [] }) => [nameOf(urn), dependencies.map(nameOf).sort()]),
  );
}

function nameOf(urn: string): string {
  return urn.split('::').slice(3).join('::');
}
