/**
 * The same tree, applied by Pulumi instead of written to files.
 *
 * @packageDocumentation
 */
export { deploy } from './deploy';
