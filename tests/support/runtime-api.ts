// Lambda's runtime API for one process of a function: hands out events, and takes the answers.
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface RuntimeApi {
  /** For `AWS_LAMBDA_RUNTIME_API`. */
  readonly address: string;
  /** Hands an event to the process, once it asks for one. @returns its answer @throws Error when the handler does */
  // biome-ignore lint/suspicious/noExplicitAny: each handler has a result of its own
  invoke(event: unknown): Promise<any>;
  /** The process has ended: what waits for it gets this. */
  fail(error: Error): void;
  close(): Promise<void>;
}

export interface RuntimeEvents {
  /** The process asks for the next event. */
  onIdle(): void;
  /** It could not be initialised, and is about to end. */
  onInitFailure(error: Error): void;
}

/** How long a function may take, in milliseconds. */
const LIMIT_MS = 29_000;
const PREFIX = '/2018-06-01/runtime';

/** @param name of the function */
export async function startRuntimeApi(name: string, { onIdle, onInitFailure }: RuntimeEvents): Promise<RuntimeApi> {
  let waiting = Promise.withResolvers<ServerResponse>();
  let answer = Promise.withResolvers<unknown>();
  let calls = 0;

  const server = createServer(async (request, response) => {
    const path = `${request.url}`.slice(PREFIX.length);
    if (path === '/invocation/next') {
      waiting.resolve(response);
      return onIdle();
    }
    const body = await text(request);
    if (path === '/init/error') onInitFailure(errorOf(name, body));
    else if (path.endsWith('/response')) answer.resolve(JSON.parse(body));
    else answer.reject(errorOf(name, body));
    response.writeHead(202, { 'content-type': 'application/json' }).end('{"status":"OK"}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async invoke(event) {
      const response = await waiting.promise;
      waiting = Promise.withResolvers();
      answer = Promise.withResolvers();
      response.writeHead(200, {
        'content-type': 'application/json',
        'lambda-runtime-aws-request-id': `request-${`${++calls}`.padStart(8, '0')}`,
        'lambda-runtime-deadline-ms': `${Date.now() + LIMIT_MS}`,
        'lambda-runtime-invoked-function-arn': `arn:aws:lambda:eu-central-1:123456789012:function:${name}`,
      });
      response.end(JSON.stringify(event));
      return answer.promise;
    },
    fail(error) {
      for (const { promise, reject } of [waiting, answer]) {
        // Perhaps nobody waits.
        promise.catch(() => undefined);
        reject(error);
      }
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function errorOf(name: string, body: string): Error {
  const { errorType, errorMessage, trace = [] } = JSON.parse(body);
  return new Error(`${name}: ${errorType}: ${errorMessage}\n${trace.join('\n')}`);
}
