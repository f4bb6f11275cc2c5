import { join } from 'node:path';
import { describeError } from '../lib/cli/describe-error';
import { render } from '../lib/synth/render';
import shop from './shop';

// cdk8s passes no arguments on: RECSTACK_ENV=staging npx cdk8s synth
const environment = process.env.RECSTACK_ENV ?? 'production';

try {
  const app = shop.build(join(__dirname, 'environments', `${environment}.yaml`));
  // cdk8s' own synth would stop at the first object that fails, with a stack trace.
  render(app, { deferred: 'refuse' });
  app.synth();
} catch (error) {
  process.stderr.write(`${describeError(error)}\n`);
  process.exitCode = 1;
}
