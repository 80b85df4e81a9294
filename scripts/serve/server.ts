// The gateway of a node that is served without the emulator: takes HTTP requests, bounds them, and calls the function of
// their route. Whatever it answers by itself is a problem detail, as of the functions.
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { TandemError } from '../../lib/errors.ts';
import { problemAnswer } from '../../lib/http/problem.ts';
import { eventOf, type Match, matchRoute, sendResult, urlOf } from './event.ts';

/** Of a request, in bytes: as API Gateway and the emulator. */
const MAX_BODY_BYTES = 10 * 1024 * 1024;
/** For a request to arrive, and again for its answer, in milliseconds: as API Gateway. */
const LIMIT_MS = 30_000;

/** Calls the function that a route names. @throws when the function does */
export type Invoke = (routeKey: string, event: APIGatewayProxyEventV2) => Promise<APIGatewayProxyStructuredResultV2>;

/**
 * @param routes as serverless.yml names them
 * @param limitMs for a request to arrive, and again for its answer
 * @returns a server that does not listen yet
 */
export function createGateway(routes: readonly string[], invoke: Invoke, limitMs = LIMIT_MS): Server {
  const inTime: Invoke = (routeKey, event) => withLimit(invoke(routeKey, event), limitMs);
  const server = createServer({ requestTimeout: limitMs, headersTimeout: limitMs }, (request, response) =>
    answer(request, response, routes, inTime).catch((error) => {
      if (request.destroyed && !request.complete) return; // The client has gone: there is nobody to tell.
      sendProblem(response, error);
    }),
  );
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    if (Number(request.headers['content-length']) > MAX_BODY_BYTES) {
      // Its body will not come: nothing else can come on this connection.
      response.setHeader('connection', 'close');
      return sendProblem(response, tooLarge());
    }
    response.writeContinue();
    server.emit('request', request, response);
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => refuseUnreadable(error, socket));
  return server;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  routes: readonly string[],
  invoke: Invoke,
): Promise<void> {
  const { method = 'GET', headers } = request;
  const body = await bodyOf(request);
  const url = urlOf(request);
  const match = decoded(matchRoute(method, url.pathname, routes));
  const sourceIp = request.socket.remoteAddress ?? '';
  const event = eventOf({ method, path: url.pathname, url, headers, body, match, sourceIp });
  sendResult(response, await invoke(match.routeKey, event));
}

/** Takes in the whole body, so that its sender reads the answer, and keeps no more of it than it may have. */
async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length <= MAX_BODY_BYTES) chunks.push(chunk);
    else chunks.length = 0;
  }
  if (length > MAX_BODY_BYTES) throw tooLarge();
  return Buffer.concat(chunks);
}

function decoded({ routeKey, pathParameters }: Match): Match {
  if (pathParameters === undefined) return { routeKey };
  const entries = Object.entries(pathParameters).map(([name, text]) => [name, decodeParameter(text)]);
  return { routeKey, pathParameters: Object.fromEntries(entries) };
}

function decodeParameter(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new TandemError('invalid_key', 'The path is not UTF-8 with %-escapes: encode the key as a URL needs it.');
  }
}

async function withLimit<T>(work: Promise<T>, limitMs: number): Promise<T> {
  const end = new AbortController();
  const late = sleep(limitMs, undefined, { signal: end.signal }).then(() => {
    throw new Error(`The function gave no answer within ${limitMs} ms.`);
  });
  late.catch(() => {});
  try {
    return await Promise.race([work, late]);
  } finally {
    end.abort();
  }
}

function tooLarge(): TandemError {
  return new TandemError('value_too_large', `The body has more than ${MAX_BODY_BYTES} bytes.`);
}

function sendProblem(response: ServerResponse, error: unknown): void {
  const requestId = randomUUID();
  if (!(error instanceof TandemError)) console.error(`Request ${requestId} failed:`, error);
  if (response.headersSent) return void response.destroy();
  const { status, headers, body = '' } = problemAnswer(error, requestId);
  sendResult(response, { statusCode: status, headers: { ...headers }, body });
}

const UNREADABLE: Readonly<Record<string, readonly [status: number, title: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout'],
};

/** What is not HTTP, or does not arrive in time, reaches no route. */
function refuseUnreadable({ code = '' }: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || code === 'ECONNRESET') return void socket.destroy();
  const [status, title] = UNREADABLE[code] ?? [400, 'Bad Request'];
  const body = JSON.stringify({ type: 'about:blank', title, status, detail: 'The request could not be read.' });
  socket.end(
    `HTTP/1.1 ${status} ${title}\r\ncontent-type: application/problem+json\r\n` +
      `content-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
  );
}
