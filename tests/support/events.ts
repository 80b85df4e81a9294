// API Gateway events (HTTP API, payload format 2.0), as the gateway makes them.
import type { APIGatewayProxyEventV2 } from 'aws-lambda';

export interface EventOptions {
  readonly headers?: Record<string, string>;
  readonly query?: Record<string, string>;
  /** A string goes as it is, bytes as base64, anything else as JSON. */
  readonly body?: unknown;
}

/** @param path decoded, as the gateway decodes it */
export function eventOf(
  method: string,
  path: string,
  { headers = {}, query, body }: EventOptions = {},
): APIGatewayProxyEventV2 {
  const key = /^\/(?:key|status|divergent)\/(.+)$/s.exec(path)?.[1];
  const id = /^\/faults\/([^/]+)$/.exec(path)?.[1];
  const isBytes = body instanceof Uint8Array;
  const text = isBytes ? Buffer.from(body).toString('base64') : typeof body === 'string' ? body : JSON.stringify(body);
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: new URLSearchParams(query).toString(),
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(query && { queryStringParameters: query }),
    ...(key !== undefined && { pathParameters: { key } }),
    ...(id !== undefined && { pathParameters: { id } }),
    ...(text !== undefined && { body: text }),
    isBase64Encoded: isBytes,
    requestContext: {
      accountId: 'test',
      apiId: 'test',
      domainName: 'test',
      domainPrefix: 'test',
      http: { method, path, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'jest' },
      requestId: 'request-of-the-gateway',
      routeKey: '$default',
      stage: '$default',
      time: '22/Nov/2026:07:00:00 +0000',
      timeEpoch: 1763790000000,
    },
  };
}
