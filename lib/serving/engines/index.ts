import { DEPLOYMENT } from './deployment';
import type { Engine } from './engine';
import { KSERVE } from './kserve';
import type { EngineName } from './names';
import { RAY_SERVICE } from './ray-service';

export const ENGINES: Readonly<Record<EngineName, Engine>> = {
  deployment: DEPLOYMENT,
  kserve: KSERVE,
  'ray-service': RAY_SERVICE,
};
