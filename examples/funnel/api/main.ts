import { readFileSync } from 'node:fs';
import { funnelConfigSchema } from '../../../lib';
import { api } from './server';

/** What the container of a funnel runs: the configuration is where RECSTACK_FUNNEL says. */
const { RECSTACK_FUNNEL = '/etc/recstack/funnel.json', PORT = '8080' } = process.env;
const server = api(funnelConfigSchema.parse(JSON.parse(readFileSync(RECSTACK_FUNNEL, 'utf8'))));
server.listen(Number(PORT));
// Kubernetes has taken it out of the Service by now: what is begun is finished, nothing new is taken.
process.once('SIGTERM', () => server.close());
