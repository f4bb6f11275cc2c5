import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { api } from '../../../examples/funnel/api/server';
import { FUNNEL_METRICS } from '../../../lib';
import type { FunnelConfig } from '../../../lib/serving/funnel';
import { samplesOf } from '../../cluster/prometheus/exposition';
import { objectsOf } from '../fixtures';
import { configOf, funnel } from './fixtures';

/* The example's API, told what recstack emits, with stages that are there, slow, or broken. */

/** Far from the deadlines, so that a busy machine changes nothing: a stage is answered at once, or never. */
const SCALE = 20;

const running: Server[] = [];
afterEach(async () => {
  for (const server of running.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function listen(server: Server): Promise<string> {
  running.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

interface Question {
  readonly candidates: readonly string[];
  readonly count: number;
}
type Behaviour = (question: Question, response: ServerResponse) => unknown;

/** A stage, which remembers what it was asked and with how much time. */
async function stage(behave: Behaviour) {
  const asked: { question: Question; budget: number }[] = [];
  const address = await listen(
    createServer((request: IncomingMessage, response) => {
      const parts: Buffer[] = [];
      request
        .on('data', (part: Buffer) => parts.push(part))
        .on('end', () => {
          const question = JSON.parse(Buffer.concat(parts).toString()) as Question;
          asked.push({ question, budget: Number(request.headers['x-envoy-expected-rq-timeout-ms']) });
          behave(question, response);
        });
    }),
  );
  return { address, asked };
}

const answer = (response: ServerResponse, candidates: readonly string[]) =>
  response.end(JSON.stringify({ candidates }));
const found: Behaviour = ({ count }, response) =>
  answer(
    response,
    Array.from({ length: count }, (_, i) => `item-${i}`),
  );
const reversed: Behaviour = ({ candidates }, response) => answer(response, [...candidates].reverse());
const never: Behaviour = () => undefined;
const broken: Behaviour = (_, response) => response.writeHead(500).end();

/** What recstack emits, with the addresses of stages on loopback, and more time for all of it. */
function configWith(retrieval: string, ranking: string, change: (config: FunnelConfig) => FunnelConfig = (c) => c) {
  const config = configOf(objectsOf(funnel()));
  const addresses: Record<string, string> = { retrieval, ranking };
  return change({
    ...config,
    deadlineMs: config.deadlineMs * SCALE,
    stages: config.stages.map((one) => ({
      ...one,
      deadlineMs: one.deadlineMs * SCALE,
      sources: one.sources.map((source) => ({
        ...source,
        deadlineMs: source.deadlineMs * SCALE,
        address: addresses[one.name] ?? '',
      })),
    })),
  });
}

async function ask(address: string, user = 'ann') {
  const start = performance.now();
  const response = await fetch(`http://${address}/recommend/${user}`);
  const body = (await response.json()) as { items?: string[]; error?: string };
  return { status: response.status, ms: performance.now() - start, ...body };
}

async function metricsOf(address: string): Promise<Record<string, number>> {
  const page = await (await fetch(`http://${address}/metrics`)).text();
  return Object.fromEntries(samplesOf(page).map(({ name, labels, value }) => [`${name}{${labels}}`, value]));
}

const outcome = (name: string) => `${FUNNEL_METRICS.requestDuration}_count{outcome="${name}"}`;
const fallback = (name: string, type: string) => `${FUNNEL_METRICS.fallbacks}{stage="${name}",fallback="${type}"}`;

test('a request passes all stages, in calls of as many candidates as one takes, with the time that is left', async () => {
  const retrieval = await stage(found);
  const ranking = await stage(reversed);
  const address = await listen(api(configWith(retrieval.address, ranking.address)));
  const { status, items } = await ask(address);
  expect({ status, count: items?.length }).toEqual({ status: 200, count: 50 });
  expect(retrieval.asked.map(({ question }) => question.count)).toEqual([500]);
  expect(ranking.asked.map(({ question }) => question.candidates.length).sort()).toEqual([100, 200, 200]);
  for (const { budget } of ranking.asked) {
    expect(budget).toBeGreaterThan(0);
    expect(budget).toBeLessThanOrEqual(60 * SCALE);
  }
  expect(await metricsOf(address)).toMatchObject({
    [outcome('ok')]: 1,
    [outcome('fallback')]: 0,
    [fallback('ranking', 'previous-order')]: 0,
    [`${FUNNEL_METRICS.candidates}_sum{stage="retrieval"}`]: 500,
    [`${FUNNEL_METRICS.candidates}_sum{stage="ranking"}`]: 50,
  });
});

test('kserve#3149: a stage that hangs is given up at its deadline, once, and its fallback answers within the whole', async () => {
  const retrieval = await stage(found);
  const ranking = await stage(never);
  const config = configWith(retrieval.address, ranking.address);
  const address = await listen(api(config));
  const { status, items, ms } = await ask(address);
  expect({ status, first: items?.[0], count: items?.length }).toEqual({ status: 200, first: 'item-0', count: 50 });
  expect(ms).toBeGreaterThan(0.9 * 60 * SCALE);
  expect(ms).toBeLessThan(config.deadlineMs);
  // One call for each batch, and no second one for any.
  expect(ranking.asked).toHaveLength(3);
  expect(await metricsOf(address)).toMatchObject({
    [outcome('fallback')]: 1,
    [outcome('ok')]: 0,
    [fallback('ranking', 'previous-order')]: 1,
  });
});

test('one call that fails tells the others of its stage to stop, long before they are late', async () => {
  const retrieval = await stage(found);
  let [waiting, stopped] = [0, 0];
  let failing: ServerResponse | undefined;
  const ranking = await stage(({ candidates }, response) => {
    if (candidates.length === 100) {
      failing = response;
    } else {
      waiting += 1;
      response.once('close', () => {
        stopped += 1;
      });
    }
    if (waiting === 2) failing?.writeHead(500).end();
  });
  const patient = configWith(retrieval.address, ranking.address, (config) => ({
    ...config,
    deadlineMs: 120_000,
    stages: config.stages.map((one) => ({
      ...one,
      deadlineMs: 60_000,
      sources: one.sources.map((source) => ({ ...source, deadlineMs: 60_000 })),
    })),
  }));
  const address = await listen(api(patient));
  expect(await ask(address)).toMatchObject({ status: 200 });
  for (let i = 0; i < 200 && stopped < 2; i++) await sleep(10);
  expect(stopped).toBe(2);
});

test("a stage with the fallback 'fail' ends the request", async () => {
  const retrieval = await stage(found);
  const ranking = await stage(broken);
  const failing = configWith(retrieval.address, ranking.address, (config) => ({
    ...config,
    stages: config.stages.map((one) => (one.name === 'ranking' ? { ...one, fallback: { type: 'fail' } } : one)),
  }));
  const address = await listen(api(failing));
  expect(await ask(address)).toMatchObject({ status: 503, error: 'ranking has no answer: ranker answers 500' });
  expect(await metricsOf(address)).toMatchObject({ [outcome('error')]: 1 });
});

test('a stale answer stands in for a while, and for the same user only', async () => {
  let isBroken = false;
  const retrieval = await stage((question, response) => (isBroken ? broken : found)(question, response));
  const ranking = await stage(reversed);
  const cached = configWith(retrieval.address, ranking.address, (config) => ({
    ...config,
    stages: config.stages.map((one) =>
      one.name === 'retrieval' ? { ...one, fallback: { type: 'stale-cache', maxAgeMs: 60_000 } } : one,
    ),
  }));
  const address = await listen(api(cached));
  const { items } = await ask(address);
  isBroken = true;
  expect(await ask(address)).toMatchObject({ status: 200, items });
  expect(await ask(address, 'bob')).toMatchObject({ status: 503 });
});
