import { chmodSync, cpSync } from 'node:fs';
import { join } from 'node:path';
import { triton } from '../../../lib';
import { expectClaims } from './claims';
import { pythonPackages } from './python';
import { RealServer } from './real-server';

/** Its wheel holds Triton 2.51 (container 24.10) itself, with the Python backend and without CUDA. */
const packages = pythonPackages(['nvidia-pytriton==0.7.0', 'numpy==1.26.4']);
const suite = 'missing' in packages ? describe.skip : describe;

/** Sleeps for as many seconds as it is given, and refuses what is below zero. */
const MODEL = {
  'config.pbtxt': `
    backend: "python"
    max_batch_size: 8
    input [{ name: "SECONDS" data_type: TYPE_FP32 dims: [ 1 ] }]
    output [{ name: "SLEPT" data_type: TYPE_FP32 dims: [ 1 ] }]
    dynamic_batching { max_queue_delay_microseconds: 1000 }
  `,
  '1/model.py': `
import time
import triton_python_backend_utils as pb

class TritonPythonModel:
    def execute(self, requests):
        return [self.answer(request) for request in requests]

    def answer(self, request):
        seconds = pb.get_input_tensor_by_name(request, "SECONDS").as_numpy()
        if seconds.min() < 0:
            # Raised: Triton counts an error that a Python model returns as a success.
            raise pb.TritonModelException("below zero")
        time.sleep(float(seconds.max()))
        return pb.InferenceResponse([pb.Tensor("SLEPT", seconds)])
`,
};

suite(`Triton as a process${'missing' in packages ? ` (needs ${packages.missing})` : ''}`, () => {
  let server: RealServer;

  beforeAll(async () => {
    server = start();
    await server.started();
  });

  afterAll(() => server.dispose());

  test('it starts with the emitted arguments, on the ports and probes that the runtime claims', async () => {
    expect(await server.probe('readiness')).toBe(200);
    expect(await server.probe('liveness')).toBe(200);
  });

  test('good and bad requests are counted as the runtime claims, and every series is there', async () => {
    for (const seconds of [0.01, 0.02, 0.03]) expect((await infer(seconds)).status).toBe(200);
    expect((await infer(-1)).ok).toBe(false);
    await expectClaims(server, { requests: 4, errors: 1 });
  });

  test('what it answers when it is told to stop is finished (triton#6230, #6286, #6939), within the drain time', async () => {
    const answer = infer(3);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const ended = server.stop();
    expect((await answer).status).toBe(200);
    expect(await ended).toBe(0);
  });

  function infer(seconds: number): Promise<Response> {
    const inputs = [{ name: 'SECONDS', shape: [1, 1], datatype: 'FP32', data: [seconds] }];
    return server.fetch('http', '/v2/models/echo/infer', { method: 'POST', body: JSON.stringify({ inputs }) });
  }
});

function start(): RealServer {
  if ('missing' in packages) throw new Error(`there is no ${packages.missing}`);
  const { bin, site, version } = packages;
  const home = join(site, 'pytriton/tritonserver');
  // The wheel has a stub for each Python, and takes the one of its user.
  const stub = join(home, 'backends/python/triton_python_backend_stub');
  cpSync(join(home, 'python_backend_stubs', version, 'triton_python_backend_stub'), stub);
  for (const program of [stub, join(home, 'bin/tritonserver')]) chmodSync(program, 0o755);
  return new RealServer({
    runtime: triton({ version: '24.10' }),
    model: MODEL,
    path: [bin, join(home, 'bin')],
    image: {
      args: [`--backend-directory=${join(home, 'backends')}`],
      env: { LD_LIBRARY_PATH: join(site, 'nvidia_pytriton.libs'), PYTHONPATH: site },
    },
  });
}
