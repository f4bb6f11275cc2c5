import { promisify } from 'node:util';
import {
  type handleUnaryCall,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceDefinition,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';

/** A plugin that runs inside the test, where the engine is told to look for it. */
export interface Plugin {
  readonly port: number;
  stop(): void;
}

/** Serves some methods of a gRPC service on loopback; the engine takes "unimplemented" for an answer to the others. */
export async function serve(service: ServiceDefinition, methods: UntypedServiceImplementation): Promise<Plugin> {
  const server = new Server();
  server.addService(service, methods);
  const bind = promisify(server.bindAsync.bind(server));
  const port = await bind('127.0.0.1:0', ServerCredentials.createInsecure());
  return { port, stop: () => server.forceShutdown() };
}

/** A method with one answer; what it throws reaches the engine in its own words. */
export function unary<Request, Response>(
  answer: (request: Request, call: ServerUnaryCall<Request, Response>) => Response | Promise<Response>,
): handleUnaryCall<Request, Response> {
  return async (call, respond) => {
    try {
      respond(null, await answer(call.request, call));
    } catch (error) {
      respond({ code: status.UNKNOWN, details: error instanceof Error ? error.message : String(error) });
    }
  };
}
