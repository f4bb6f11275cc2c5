/**
 * The arithmetic of capacity, without Kubernetes or Pulumi: it also runs in a browser.
 *
 * @packageDocumentation
 */
export { type Footprint, footprint } from './footprint';
