import { container, tensorflowServing, triton, vllm } from '../../lib';
import { CONFIG_FOLDER, isRuntime } from '../../lib/serving/runtime';
import { model, own } from './fixtures';

test('what the functions of runtimes return is recognised as a runtime', () => {
  for (const runtime of [
    triton({ version: '25.08' }),
    tensorflowServing({ version: '2.19.1' }),
    vllm({ version: '0.33.0' }),
    own(),
  ]) {
    expect(isRuntime(runtime)).toBe(true);
  }
});

test('anything else is not: a name, the function itself, nothing, a part of one', () => {
  for (const value of ['triton', container, undefined, null, 25.08, {}, { start: () => ({}) }, { modelFolder: '/' }]) {
    expect(isRuntime(value)).toBe(false);
  }
});

test('configuration lies in a folder of its own', () => {
  expect(CONFIG_FOLDER).toBe('/etc/recstack');
});

test('every runtime puts a model below /models, where the volume is mounted', () => {
  for (const runtime of [triton({ version: '25.08' }), tensorflowServing({ version: '2.19.1' }), own()]) {
    expect(runtime.modelFolder(model())).toMatch(/^\/models\/dlrm/);
  }
});

test("names of ports fit into the 15 characters of Kubernetes, and every probe's port exists", () => {
  for (const runtime of [
    triton({ version: '25.08' }),
    tensorflowServing({ version: '2.19.1' }),
    vllm({ version: '0.33.0' }),
  ]) {
    const ports = Object.keys(runtime.ports);
    expect(ports.every((port) => port.length <= 15)).toBe(true);
    for (const probe of Object.values(runtime.probes))
      expect(ports).toContain('grpc' in probe ? probe.grpc : probe.port);
    expect(ports).toContain(runtime.metrics?.({ artifact: model(), gpus: 0, slos: [] }).port);
  }
});
