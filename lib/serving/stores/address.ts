import { portOf } from '../../core/callee';
import { must, pattern } from '../../core/schema';

const ADDRESS = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?:(\d{1,5})$/;

/** Checks a host and its port, such as `features.shop.svc:6379`. */
export function addressSchema(example: string) {
  const rule = must(`be a host and a port, like '${example}'`);
  return pattern<string>(ADDRESS, rule, (address) => portOf(address) >= 1 && portOf(address) <= 65_535);
}
