// The gateway of scripts/serve.ts over HTTP, with functions that do as they should, and some that do not.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { preflightFields, readableBy } from '../../../scripts/browsers/cors.ts';
import type { Watch } from '../../../scripts/serve/exchange.ts';
import { Gateway, type GatewayOptions, type Invoke } from '../../../scripts/serve/gateway.ts';
import { rawConnection } from '../../support/raw-http.ts';
import { MAX_RATIO, stallOf } from '../../support/stall.ts';

const ROUTES = ['PUT /key/{key+}', '$default'];

let gateway: Gateway;
afterEach(() => gateway.stop(0));

async function start(invoke: Invoke, options: Partial<GatewayOptions> = {}): Promise<string> {
  gateway = new Gateway({ routes: ROUTES, invoke, ...options });
  await once(gateway.server.listen(0, '127.0.0.1'), 'listening');
  return `http://127.0.0.1:${(gateway.server.address() as AddressInfo).port}`;
}

const portOf = (url: string) => Number(new URL(url).port);

function watch() {
  return {
    answered: jest.fn<Watch['answered']>(),
    refused: jest.fn<Watch['refused']>(),
    failed: jest.fn<Watch['failed']>(),
  };
}

test.each<[string, Invoke, string]>([
  ['gives no answer in time', () => new Promise(() => {}), 'The function gave no answer within 50 ms.'],
  ['throws', () => Promise.reject(new Error('secret')), 'secret'],
  [
    'throws at once',
    () => {
      throw new Error('secret');
    },
    'secret',
  ],
])('a function that %s is answered 500, and only the log says why', async (_, invoke, reason) => {
  const told = watch();
  const answer = await fetch(await start(invoke, { limits: { functionMs: 50 }, watch: told }));
  const text = await answer.text();
  const { requestId, ...problem } = JSON.parse(text);
  expect([answer.status, problem]).toEqual([500, expect.objectContaining({ code: 'internal_error' })]);
  expect(text).not.toContain(reason);
  expect(told.failed.mock.calls).toEqual([[expect.objectContaining({ message: reason }), requestId]]);
  expect(told.answered.mock.calls).toEqual([['$default', 500, expect.any(Number)]]);
});

test('a function gets the event of an HTTP API, and its answer goes out as it is', async () => {
  const events: unknown[] = [];
  const url = await start(async (routeKey, event) => {
    events.push(event);
    return {
      statusCode: 201,
      headers: { etag: '"1-1"' },
      body: Buffer.from(routeKey).toString('base64'),
      isBase64Encoded: true,
    };
  });
  const answer = await fetch(`${url}/key/a%2Fb/c?x=1&y=2&x=3`, {
    method: 'PUT',
    headers: { 'Content-Type': 'application/json', 'If-Match': '"1-1"' },
    body: '{"value":"ü"}',
  });
  expect([answer.status, answer.headers.get('etag'), await answer.text()]).toEqual([201, '"1-1"', 'PUT /key/{key+}']);
  expect(events).toEqual([
    expect.objectContaining({
      version: '2.0',
      routeKey: 'PUT /key/{key+}',
      rawPath: '/key/a%2Fb/c',
      rawQueryString: 'x=1&y=2&x=3',
      pathParameters: { key: 'a/b/c' },
      queryStringParameters: { x: '1,3', y: '2' },
      headers: expect.objectContaining({ 'content-type': 'application/json', 'if-match': '"1-1"' }),
      body: '{"value":"ü"}',
      isBase64Encoded: false,
      requestContext: expect.objectContaining({
        http: expect.objectContaining({ method: 'PUT', path: '/key/a%2Fb/c', sourceIp: '127.0.0.1' }),
      }),
    }),
  ]);
});

test.each<[string, string, RequestInit]>([
  ['one parameter thousands of times', `/key/a?${'a&'.repeat(7000)}`, { method: 'PUT' }],
  ['thousands of parameters', `/key/a?${Array.from({ length: 3000 }, (_, i) => i.toString(36)).join('&')}`, {}],
  ['10 MB', '/key/a', { method: 'PUT', body: Buffer.alloc(10_000_000, 'é') }],
  [
    '10 MB of text',
    '/key/a',
    { method: 'PUT', body: 'é'.repeat(5_000_000), headers: { 'content-type': 'text/plain' } },
  ],
])('P8 %s in a request do not stall the gateway', async (_, path, request) => {
  const url = await start(async () => ({ statusCode: 200 }));
  const stall = await stallOf(async () => expect((await fetch(`${url}${path}`, request)).status).toBe(200));
  expect(stall).toBeLessThan(MAX_RATIO);
});

test.each([
  ['bytes of a type that is no text', 'image/png', Buffer.from('png')],
  ['text that is no UTF-8', 'application/json', Buffer.from([0x22, 0xff, 0x22])],
])('%s arrive as base64', async (_, type, body) => {
  const url = await start(async (_key, event) => ({
    statusCode: 200,
    headers: { encoded: `${event.isBase64Encoded}` },
    body: event.body ?? '',
  }));
  const answer = await fetch(`${url}/key/a`, { method: 'PUT', headers: { 'content-type': type }, body });
  expect([answer.headers.get('encoded'), await answer.text()]).toEqual(['true', body.toString('base64')]);
});

test('who watches is told the route and the status of each answer, and the code of what reaches no function', async () => {
  const told = watch();
  const url = await start(async () => ({ statusCode: 201 }), { watch: told, admit: ({ headers }) => headers.origin });
  await fetch(`${url}/key/a`, { method: 'PUT', body: 'x' });
  expect((await fetch(url, { headers: { origin: 'http://evil.example' } })).status).toBe(403);
  const { socket, closed } = await rawConnection(portOf(url));
  socket.write('nonsense\r\n\r\n');
  await closed;
  expect(told.answered.mock.calls).toEqual([['PUT /key/{key+}', 201, expect.any(Number)]]);
  expect(told.refused.mock.calls).toEqual([['forbidden_origin'], ['invalid_request']]);
});

test('cookies come apart from the headers, each of them', async () => {
  const events: unknown[] = [];
  const url = await start(async (_, event) => {
    events.push([event.cookies, event.headers.cookie]);
    return { statusCode: 200 };
  });
  await fetch(url, { headers: { cookie: 'a=1; b=2' } });
  expect(events).toEqual([[['a=1', 'b=2'], undefined]]);
});

describe('browsers', () => {
  const origin = 'http://localhost:8000';
  const CORS = {
    allowedMethods: ['GET', 'PUT'],
    allowedHeaders: ['content-type', 'if-match'],
    exposedResponseHeaders: ['etag', 'location'],
    maxAge: 60,
  };
  const READABLE = {
    'access-control-allow-origin': origin,
    'access-control-expose-headers': 'etag,location',
    vary: 'origin',
  };
  const startWithCors = () =>
    start(async () => ({ statusCode: 201, headers: { etag: '"1-1"' }, body: '{}' }), {
      readableBy: readableBy(CORS),
      preflight: preflightFields(CORS),
    });
  const corsOf = ({ headers }: Response) =>
    Object.fromEntries([...headers].filter(([name]) => /^access-control|^vary/.test(name)));

  test('a preflight is answered without a function', async () => {
    const headers = { origin, 'access-control-request-method': 'PUT' };
    const answer = await fetch(await startWithCors(), { method: 'OPTIONS', headers });
    expect([answer.status, corsOf(answer), await answer.text()]).toEqual([
      204,
      {
        ...READABLE,
        'access-control-allow-methods': 'GET,PUT',
        'access-control-allow-headers': 'content-type,if-match',
        'access-control-max-age': '60',
      },
      '',
    ]);
  });

  test('a page may read the answers, and no cache mistakes those to programs for them', async () => {
    const url = await startWithCors();
    const toPage = await fetch(url, { headers: { origin } });
    expect([toPage.status, toPage.headers.get('etag'), corsOf(toPage)]).toEqual([201, '"1-1"', READABLE]);
    const toProgram = await fetch(url);
    expect([toProgram.status, corsOf(toProgram)]).toEqual([201, { vary: 'origin' }]);
    // Without the header of a preflight it is a request like any other.
    expect((await fetch(url, { method: 'OPTIONS', headers: { origin } })).status).toBe(201);
    expect(corsOf(await fetch(`${url}/key/%ff`, { method: 'PUT', headers: { origin } }))).toEqual(READABLE);
  });
});

describe('when it stops', () => {
  test('what is under way is answered, and its connection ends; nothing new is taken', async () => {
    const begun = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const url = await start(async () => {
      begun.resolve();
      await goOn.promise;
      return { statusCode: 200, body: '"done"' };
    });
    const idle = await rawConnection(portOf(url));
    const answer = fetch(`${url}/key/a`, { method: 'PUT', body: 'x' });
    await begun.promise;
    const stopped = gateway.stop(60_000);
    await idle.closed;
    await expect(fetch(url)).rejects.toThrow('fetch failed');
    goOn.resolve();
    expect([(await answer).headers.get('connection'), await (await answer).text()]).toEqual(['close', '"done"']);
    await stopped;
  });

  test('after its time limit it cuts off what is still open', async () => {
    const begun = Promise.withResolvers<void>();
    const url = await start(() => {
      begun.resolve();
      return new Promise(() => {});
    });
    const answer = expect(fetch(url)).rejects.toThrow('fetch failed');
    await begun.promise;
    await gateway.stop(10);
    await answer;
  });
});

test('P8 who does not take its answer is cut off', async () => {
  const url = await start(async () => ({ statusCode: 200, body: 'x'.repeat(50_000_000) }), {
    limits: { functionMs: 100 },
  });
  const connected = once(gateway.server, 'connection');
  const { socket } = await rawConnection(portOf(url));
  socket.pause();
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  const [connection] = await connected;
  await once(connection, 'close');
  socket.destroy();
});
