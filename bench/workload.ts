// What the measurements ask for: keys in no particular order, values of 100 bytes, API Gateway events.
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import { inParallel } from '../lib/in-parallel.ts';

export const CONNECTIONS = 16;
export const VALUE_BYTES = 100;
/** How many writes of `fillOverHttp` are under way at once. */
const AT_A_TIME = 50;
/** Writes in one batch of `fillInBatches`. */
const IN_BATCH = 100;

/** The `i`th key. Neighbours in number are far apart in order, as keys of a real load would be. */
export function keyAt(i: number): string {
  return `key-${(Math.imul(i, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0')}`;
}

/** JSON text of a value, different for each `i`. */
export function valueAt(i: number): string {
  return `"${String(i).padStart(VALUE_BYTES - 2, 'x')}"`;
}

/** The body of a PUT of that value. */
export function putBody(i: number): string {
  return `{"value":${valueAt(i)}}`;
}

/** Writes the `i`th value to a key of a node. */
export function put(url: string, key: string, i: number): Promise<Response> {
  return fetch(`${url}/key/${key}`, putInit(i));
}

/** What `fetch` is told for that. */
export function putInit(i: number): { method: string; headers: Record<string, string>; body: string } {
  return { method: 'PUT', headers: { 'content-type': 'application/json' }, body: putBody(i) };
}

/** Writes the first values of a node, some at a time. @throws Error when one is not written */
export async function fillOverHttp(url: string, keys: number): Promise<void> {
  for (let i = 0; i < keys; i += AT_A_TIME) {
    const some = Array.from({ length: Math.min(AT_A_TIME, keys - i) }, (_, n) => write(url, i + n));
    await Promise.all(some);
  }
}

async function write(url: string, i: number): Promise<void> {
  const written = await put(url, keyAt(i), i);
  const body = await written.text();
  if (!written.ok) throw new Error(`${url} answers ${written.status}: ${body}`);
}

/** Writes the first values of a node of Tandem, a hundred in a request. @throws Error when one is not replicated */
export async function fillInBatches(url: string, keys: number): Promise<void> {
  const starts = Array.from({ length: Math.ceil(keys / IN_BATCH) }, (_, i) => i * IN_BATCH);
  await inParallel(starts, (start) => writeBatch(url, start, Math.min(start + IN_BATCH, keys)));
}

async function writeBatch(url: string, start: number, end: number): Promise<void> {
  const operations = Array.from({ length: end - start }, (_, n) => {
    return `{"op":"put","key":"${keyAt(start + n)}","value":${valueAt(start + n)}}`;
  });
  const answer = await fetch(`${url}/batch`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: `{"operations":[${operations.join()}]}`,
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}: ${text}`);
  const { results } = JSON.parse(text) as { results: { status: number }[] };
  const failed = results.find(({ status }) => status > 201);
  if (failed) throw new Error(`A write was not replicated: ${JSON.stringify(failed)}`);
}

/** A whole number below `limit`, at random. */
export function below(limit: number): number {
  return Math.floor(Math.random() * limit);
}

/** As the `cursor` of a page that ends with this key. */
export function cursorAfter(key: string): string {
  return Buffer.from(key).toString('base64url');
}

export type Handler = (
  event: APIGatewayProxyEventV2,
  context: Context,
) => Promise<{ statusCode: number; headers?: Record<string, string>; body?: string }>;

export interface EventParts {
  readonly method: string;
  /** As in serverless.yml, for instance `GET /key/{key+}`. */
  readonly route: string;
  readonly path: string;
  readonly key?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** An event as API Gateway sends it (payload format 2.0). */
export function eventOf({ method, route, path, key, query, headers, body }: EventParts): APIGatewayProxyEventV2 {
  return {
    version: '2.0',
    routeKey: route,
    rawPath: path,
    rawQueryString: new URLSearchParams(query).toString(),
    headers: {
      accept: '*/*',
      host: 'abcdefghij.execute-api.eu-central-1.amazonaws.com',
      'user-agent': 'bench',
      'x-forwarded-for': '203.0.113.7',
      'x-forwarded-proto': 'https',
      ...(body !== undefined && { 'content-type': 'application/json', 'content-length': String(body.length) }),
      ...headers,
    },
    ...(query && { queryStringParameters: { ...query } }),
    ...(key !== undefined && { pathParameters: { key } }),
    requestContext: {
      accountId: '123456789012',
      apiId: 'abcdefghij',
      domainName: 'abcdefghij.execute-api.eu-central-1.amazonaws.com',
      domainPrefix: 'abcdefghij',
      http: { method, path, protocol: 'HTTP/1.1', sourceIp: '203.0.113.7', userAgent: 'bench' },
      requestId: 'JKJaXmPLvHcESHA=',
      routeKey: route,
      stage: '$default',
      time: '22/Nov/2026:07:00:00 +0000',
      timeEpoch: 1_795_330_800_000,
    },
    ...(body !== undefined && { body }),
    isBase64Encoded: false,
  };
}

export function getEvent(key: string): APIGatewayProxyEventV2 {
  return eventOf({ method: 'GET', route: 'GET /key/{key+}', path: `/key/${key}`, key });
}

export function putEvent(key: string, i: number): APIGatewayProxyEventV2 {
  return eventOf({ method: 'PUT', route: 'PUT /key/{key+}', path: `/key/${key}`, key, body: putBody(i) });
}

export function statusEvent(key: string): APIGatewayProxyEventV2 {
  return eventOf({ method: 'GET', route: 'GET /status/{key+}', path: `/status/${key}`, key });
}

/** A page of 100 keys, after the one given. */
export function listEvent(after: string): APIGatewayProxyEventV2 {
  return eventOf({ method: 'GET', route: 'GET /keys', path: '/keys', query: { cursor: cursorAfter(after) } });
}

export const CONTEXT = { awsRequestId: '6f2e8f0a-7d1c-4b7e-9a53-0d8b1f2c3e4d' } as Context;
