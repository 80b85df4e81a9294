// An HTTP API of API Gateway on the loopback: requests become events (payload format 2.0), routes find their function.
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';

export interface Gateway {
  readonly url: string;
  /** Nobody answers any more, until `open`. */
  close(): Promise<void>;
  open(): Promise<void>;
}

/** Calls the function that a route names. @throws when the function does */
export type Invoke = (routeKey: string, event: APIGatewayProxyEventV2) => Promise<APIGatewayProxyStructuredResultV2>;

/** These content types arrive as text, everything else as base64. */
const TEXT = /^(text\/|application\/(json|javascript|xml|.+\+json|.+\+xml))/;

/**
 * @param routes as the template names them: `GET /key/{key+}`, `$default`
 * @param onPort where to listen; 0: on a port that is free
 */
export async function startGateway(routes: readonly string[], invoke: Invoke, onPort = 0): Promise<Gateway> {
  const server = createServer(async (request, response) => {
    const event = await eventOf(request, routes);
    try {
      const { statusCode = 200, headers, body, isBase64Encoded } = await invoke(event.routeKey, event);
      const content = Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8');
      response.writeHead(statusCode, { 'content-length': content.length, ...(headers as Record<string, string>) });
      response.end(content);
    } catch {
      // What the function logged says why; a client is told no more than this.
      response.writeHead(500, { 'content-type': 'application/json' }).end('{"message":"Internal Server Error"}');
    }
  });
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  await listen(onPort);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
    open: () => listen(port),
  };
}

async function eventOf(request: IncomingMessage, routes: readonly string[]): Promise<APIGatewayProxyEventV2> {
  const { pathname, search, searchParams } = new URL(request.url ?? '/', 'http://gateway');
  const method = request.method ?? 'GET';
  // The gateway decodes the path before anything else looks at it.
  const path = decodeURIComponent(pathname);
  const { routeKey, pathParameters } = match(method, path, routes);
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, `${value}`]));
  const body = await buffer(request);
  const isText = TEXT.test(headers['content-type'] ?? '');
  return {
    version: '2.0',
    routeKey,
    rawPath: path,
    rawQueryString: search.slice(1),
    headers,
    ...(searchParams.size > 0 && { queryStringParameters: Object.fromEntries(searchParams) }),
    requestContext: {
      accountId: '123456789012',
      apiId: 'api',
      domainName: headers.host ?? '',
      domainPrefix: 'api',
      http: { method, path, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: headers['user-agent'] ?? '' },
      requestId: 'request-of-the-gateway',
      routeKey,
      stage: '$default',
      time: '22/Nov/2026:07:00:00 +0000',
      timeEpoch: 1763790000000,
    },
    ...(pathParameters && { pathParameters }),
    ...(body.length > 0 && { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: body.length > 0 && !isText,
  };
}

interface Match {
  readonly routeKey: string;
  readonly pathParameters?: Record<string, string>;
}

/** A whole path goes before one with a greedy parameter, and that before everything else. */
function match(method: string, path: string, routes: readonly string[]): Match {
  if (routes.includes(`${method} ${path}`)) return { routeKey: `${method} ${path}` };
  for (const routeKey of routes) {
    const [, routeMethod, prefix, name] = /^(\w+) (.*)\{(\w+)\+\}$/.exec(routeKey) ?? [];
    if (routeMethod !== method || prefix === undefined || name === undefined) continue;
    if (path.startsWith(prefix) && path.length > prefix.length)
      return { routeKey, pathParameters: { [name]: path.slice(prefix.length) } };
  }
  return { routeKey: '$default' };
}
