import { autoscaleOnDemand, autoscaleOnResources, type ScalingPolicy } from '../../../lib';
import { plannedServers } from '../../../lib/cli/plan/planned-server';
import { monitored } from '../../autoscaling/fixtures';
import { ranker } from '../../serving/fixtures';

const perReplica = { rps: 100, readyAfter: '2m' } as const;

test.each<[string, ScalingPolicy, number, number]>([
  ['CPU', autoscaleOnResources({ replicas: [3, 40], cpu: '60%', perReplica }), 15, 30],
  ['requests', autoscaleOnDemand({ replicas: [3, 40], requests: 80, window: '1m', perReplica }), 60, 60],
])('a proposal for a server on %s counts requests for as long as a policy may', (_, policy, measured, counted) => {
  const shop = monitored();
  ranker({}, shop).autoscale(policy);
  const [server] = plannedServers(shop, []);
  expect(server?.service).toEqual({ capacity: 100, readySeconds: 120, metricWindow: measured });
  expect(server?.onRequests).toEqual({ capacity: 100, readySeconds: 120, metricWindow: counted });
});
