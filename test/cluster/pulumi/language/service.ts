import type { ChildProcess } from 'node:child_process';
import { promisify } from 'node:util';
import { credentials } from '@grpc/grpc-js';
import { version } from '@pulumi/pulumi/package.json';
import { EngineClient } from '@pulumi/pulumi/proto/engine_grpc_pb';
import { LogRequest, LogSeverity } from '@pulumi/pulumi/proto/engine_pb';
import { type ILanguageRuntimeServer, LanguageRuntimeService } from '@pulumi/pulumi/proto/language_grpc_pb';
import { GetRequiredPackagesResponse, LanguageHandshakeResponse, RunResponse } from '@pulumi/pulumi/proto/language_pb';
import { PluginInfo } from '@pulumi/pulumi/proto/plugin_pb';
import { Empty } from 'google-protobuf/google/protobuf/empty_pb';
import { type Plugin, serve, unary } from '../grpc';
import { follow, startProgram, TOLD_THE_USER } from './program';

/** A language host that runs Node programs as the real one does, which comes with Pulumi's own download. */
export async function serveLanguage(env: NodeJS.ProcessEnv): Promise<Plugin> {
  // Where the engine listens is said only at the handshake; each command of the CLI is a peer with an engine of its own.
  const engines = new Map<string, string>();
  const running = new Set<ChildProcess>();
  const killAll = () => {
    for (const program of running) program.kill();
  };
  const methods = {
    handshake: unary((request, call) => {
      engines.set(call.getPeer(), request.getEngineAddress());
      return new LanguageHandshakeResponse();
    }),
    getPluginInfo: unary(() => new PluginInfo().setVersion(version)),
    getRequiredPackages: unary(() => new GetRequiredPackagesResponse()),
    cancel: unary(() => {
      killAll();
      return new Empty();
    }),
    run: unary(async (request, call) => {
      const engine = engines.get(call.getPeer()) ?? '';
      const program = startProgram(request, engine, env);
      running.add(program);
      const code = await runToEnd(program, engine);
      running.delete(program);
      if (code === 0) return new RunResponse();
      return code === TOLD_THE_USER
        ? new RunResponse().setBail(true)
        : new RunResponse().setError(`the program ended with exit code ${code}`);
    }),
  } satisfies Partial<ILanguageRuntimeServer>;
  const { port, stop } = await serve(LanguageRuntimeService, methods);
  return {
    port,
    stop: () => {
      killAll();
      stop();
    },
  };
}

/** The engine prints what a program prints; all of it must have arrived before the program counts as ended. */
async function runToEnd(program: ChildProcess, engineAddress: string): Promise<number> {
  const engine = new EngineClient(engineAddress, credentials.createInsecure());
  const log = promisify<LogRequest, unknown>(engine.log.bind(engine));
  const sent: Promise<unknown>[] = [];
  const code = await follow(program, (line, isError) => {
    const severity = isError ? LogSeverity.ERROR : LogSeverity.INFO;
    sent.push(log(new LogRequest().setSeverity(severity).setMessage(`${line}\n`)));
  });
  await Promise.all(sent);
  engine.close();
  return code;
}
