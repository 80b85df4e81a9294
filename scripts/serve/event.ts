// Requests as an HTTP API of API Gateway hands them to a function (payload format 2.0), and its result as an answer.
import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { DEFAULT_ROUTE } from './routes.ts';

export interface Match {
  readonly routeKey: string;
  /** As they are in the path. */
  readonly pathParameters?: Readonly<Record<string, string>>;
}

/** These content types arrive as text, everything else, and what is not UTF-8, as base64. */
const TEXT = /^(text\/|application\/(json|javascript|xml|.+\+json|.+\+xml))/;
/** These statuses have no body, and so no length. */
const WITHOUT_BODY = [204, 304];

/** A whole path goes before one with a parameter at its end, and that before everything else. A greedy one takes slashes, too. */
export function matchRoute(method: string, path: string, routes: readonly string[]): Match {
  let found: Match | undefined;
  for (const routeKey of routes) {
    if (routeKey === `${method} ${path}`) return { routeKey };
    const [, routeMethod, prefix, name, isGreedy] = /^(\w+) (.*)\{(\w+)(\+?)\}$/.exec(routeKey) ?? [];
    if (routeMethod !== method || prefix === undefined || name === undefined) continue;
    const rest = path.startsWith(prefix) ? path.slice(prefix.length) : '';
    if (rest !== '' && (isGreedy === '+' || !rest.includes('/')))
      found ??= { routeKey, pathParameters: { [name]: rest } };
  }
  return found ?? { routeKey: DEFAULT_ROUTE };
}

/** The path and the query of a request. `.` and `..` are resolved, as every gateway does. */
export function urlOf({ url = '/' }: IncomingMessage): URL {
  // A path that begins with two slashes must not be taken for a host.
  return url.startsWith('/') ? new URL(`http://gateway${url}`) : new URL(url, 'http://gateway');
}

export interface Received {
  readonly method: string;
  /** As the event shows it. */
  readonly path: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  /** Its path parameters are decoded. */
  readonly match: Match;
  readonly sourceIp: string;
}

export function eventOf({ method, path, url, body, match, sourceIp, ...request }: Received): APIGatewayProxyEventV2 {
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, `${value}`]));
  const { routeKey, pathParameters } = match;
  const isText = TEXT.test(headers['content-type'] ?? '') && isUtf8(body);
  const now = new Date();
  return {
    version: '2.0',
    routeKey,
    rawPath: path,
    rawQueryString: url.search.slice(1),
    headers,
    ...(url.searchParams.size > 0 && { queryStringParameters: queryOf(url.searchParams) }),
    requestContext: {
      accountId: 'local',
      apiId: 'local',
      domainName: headers.host ?? '',
      domainPrefix: 'local',
      http: { method, path, protocol: 'HTTP/1.1', sourceIp, userAgent: headers['user-agent'] ?? '' },
      requestId: randomUUID(),
      routeKey,
      stage: DEFAULT_ROUTE,
      time: now.toISOString(),
      timeEpoch: now.getTime(),
    },
    ...(pathParameters && { pathParameters }),
    ...(body.length > 0 && { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: body.length > 0 && !isText,
  };
}

/** A parameter that comes more than once has its values with commas in between. */
function queryOf(parameters: URLSearchParams): Record<string, string> {
  return Object.fromEntries(
    [...Map.groupBy(parameters, ([name]) => name)].map(([name, pairs]) => [
      name,
      pairs.map(([, value]) => value).join(','),
    ]),
  );
}

/** Writes what a function gave back. */
export function sendResult(response: ServerResponse, result: APIGatewayProxyStructuredResultV2): void {
  const { statusCode = 200, headers, body, isBase64Encoded } = result;
  const content = Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8');
  const length = !WITHOUT_BODY.includes(statusCode) && { 'content-length': content.length };
  response.writeHead(statusCode, { ...length, ...(headers as Record<string, string>) });
  response.end(content);
}
