import { join } from 'node:path';
import type { IConstruct } from 'constructs';
import { Schema, stringify } from 'yaml';
import type { Problem } from '../core/problem';
import { warningsOf } from '../platform/warnings';
import type { Rendered } from './dependencies';
import type { Manifest } from './manifest';
import { byChart, render } from './render';
import { replaceFolder } from './write';

/** What a synth wrote. */
export interface SynthResult {
  /** The files, in the order of the tree, with the number of objects in each. */
  readonly files: readonly { readonly path: string; readonly objects: number }[];
  /** All objects, in the order in which they can be applied. */
  readonly manifests: readonly Manifest[];
  /** What works and yet should be mended. */
  readonly warnings: readonly Problem[];
}

/**
 * Writes the manifests of a tree, one file for each chart, all or nothing: everything is checked and rendered
 * before the folder is touched, and files of charts that are gone disappear.
 *
 * @throws InvalidInput with everything that is wrong in the tree; `outdir` is then as it was
 * @example
 * ```ts
 * const app = new App();
 * new Platform(app, 'shop', { … });
 * synth(app, { outdir: 'dist/production' });
 * ```
 */
export function synth(root: IConstruct, { outdir }: { readonly outdir: string }): SynthResult {
  const rendered = render(root, { deferred: 'refuse' });
  const charts = byChart(rendered);
  replaceFolder(outdir, toYaml(charts));
  return {
    files: [...charts].map(([chart, { length }]) => ({ path: join(outdir, fileOf(chart)), objects: length })),
    manifests: rendered.map(({ manifest }) => manifest),
    warnings: warningsOf(root),
  };
}

/** The content of each chart's file, by name: what cdk8s would write. */
export function toYaml(charts: ReadonlyMap<string, readonly Rendered[]>): Map<string, string> {
  return new Map([...charts].map(([chart, objects]) => [fileOf(chart), objects.map(document).join('---\n')]));
}

/** YAML 1.1 quotes what older readers take for a boolean. Made once, and not for each document. */
const SCHEMA = new Schema({ schema: 'yaml-1.1', resolveKnownTags: false });

/** Without a look for tags and for what stands twice: there are no tags, and aliases would only be hard to read. */
function document({ manifest }: Rendered): string {
  return stringify(manifest, {
    version: '1.1',
    schema: SCHEMA,
    lineWidth: 0,
    directives: false,
    aliasDuplicateObjects: false,
  });
}

function fileOf(chart: string): string {
  return `${chart}.yaml`;
}
