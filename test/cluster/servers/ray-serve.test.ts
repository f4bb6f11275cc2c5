import { rayServe } from '../../../lib';
import { expectClaims } from './claims';
import { pythonPackages } from './python';
import { RealServer } from './real-server';

const VERSION = '2.60.0';
const packages = pythonPackages([`ray[serve]==${VERSION}`]);
const suite = 'missing' in packages ? describe.skip : describe;

/** Sleeps for as many seconds as it is given, and fails for what is below zero. */
const MODEL = {
  'ranker.py': `
import asyncio
from ray import serve

@serve.deployment
class Ranker:
    async def __call__(self, request):
        await asyncio.sleep(self.seconds(request))
        return "slept"

    def seconds(self, request):
        seconds = float(request.query_params["seconds"])
        if seconds < 0:
            raise ValueError("below zero")
        return seconds

app = Ranker.bind()
`,
};

suite(`Ray Serve as a process${'missing' in packages ? ` (needs ${packages.missing})` : ''}`, () => {
  let server: RealServer;
  const runtime = rayServe({ version: VERSION, application: 'ranker:app' });

  beforeAll(async () => {
    if ('missing' in packages) throw new Error(`there is no ${packages.missing}`);
    server = new RealServer({ runtime, model: MODEL, path: [packages.bin] });
    await server.started();
  });

  afterAll(() => server.dispose());

  test('it starts with the emitted script, on the ports and probes that the runtime claims', async () => {
    expect(await server.probe('readiness')).toBe(200);
    expect(await server.probe('liveness')).toBe(200);
  });

  test('good and bad requests are counted as the runtime claims, and every series is there', async () => {
    for (const seconds of [0.01, 0.02, 0.03]) expect((await ask(seconds)).status).toBe(200);
    expect((await ask(-1)).status).toBe(500);
    await expectClaims(server, { requests: 4, errors: 1 });
  });

  test('what it answers when it is told to stop is finished, within the drain time', async () => {
    const answer = ask(3);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const ended = server.stop();
    expect((await answer).status).toBe(200);
    expect(await ended).toBe(0);
  });

  function ask(seconds: number): Promise<Response> {
    return server.fetch('http', `/?seconds=${seconds}`);
  }
});
