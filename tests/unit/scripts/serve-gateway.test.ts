// The gateway of scripts/serve.ts, with functions that do not do what they should.
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, jest, test } from '@jest/globals';
import { createGateway, type Invoke } from '../../../scripts/serve/server.ts';
import { MAX_RATIO, stallOf } from '../../support/stall.ts';

let server: Server;
afterEach(async () => {
  jest.restoreAllMocks();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function start(invoke: Invoke, limitMs?: number): Promise<string> {
  server = createGateway(['PUT /key/{key+}', '$default'], invoke, limitMs);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test.each<[string, Invoke, string]>([
  ['gives no answer in time', () => new Promise(() => {}), 'The function gave no answer within 50 ms.'],
  ['throws', () => Promise.reject(new Error('secret')), 'secret'],
])('a function that %s is answered 500, and only the log says why', async (_, invoke, reason) => {
  const log = jest.spyOn(console, 'error').mockImplementation(() => {});
  const answer = await fetch(await start(invoke, 50));
  const text = await answer.text();
  expect([answer.status, JSON.parse(text)]).toEqual([500, expect.objectContaining({ code: 'internal_error' })]);
  expect(text).not.toContain(reason);
  expect(`${log.mock.calls[0]}`).toContain(reason);
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
