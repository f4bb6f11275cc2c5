/**
 * What users need to test their own stacks.
 *
 * @packageDocumentation
 */

export type { Manifest } from '../synth/manifest';
export { Manifests, synthesize } from './manifests';
export { matchers } from './matchers';
