// A server that refuses strangers: over HTTP, with what clients send that are no browsers.
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { NO_OTHERS } from '../../../scripts/browsers/known-pages.ts';
import { refuseStrangers } from '../../../scripts/browsers/refuse-strangers.ts';
import { schemaErrors } from '../../support/schema.ts';

const EVIL = { origin: 'http://evil.example' };

let server: Server;
let port: number;
/** The requests that got as far as the server behind. */
let reached: string[];

beforeEach(async () => {
  reached = [];
  const answer: RequestListener = ({ method, url }, response) => {
    reached.push(`${method} ${url}`);
    response.setHeader('access-control-allow-origin', '*');
    response.end('secret');
  };
  server = createServer(answer);
  server.on('checkContinue', answer);
  refuseStrangers(server, NO_OTHERS);
  await listen();
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function listen(): Promise<void> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  ({ port } = server.address() as AddressInfo);
}

const urlOf = (path: string) => `http://127.0.0.1:${port}${path}`;

/** What comes back until the server closes the connection. */
async function sendRaw(text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.on('data', (chunk) => (answer += chunk));
  socket.write(text.replaceAll('\n', '\r\n'));
  await once(socket, 'close');
  return answer;
}

test('a stranger gets a problem detail that its page cannot read, and the server nothing', async () => {
  for (const method of ['GET', 'POST', 'DELETE', 'OPTIONS']) {
    const answer = await fetch(urlOf('/repair'), { method, headers: EVIL });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([403, 'application/problem+json']);
    expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
    const body = await answer.json();
    expect([body, schemaErrors('Problem', body)]).toEqual([expect.objectContaining({ code: 'forbidden_origin' }), []]);
  }
  const head = await fetch(urlOf('/'), { method: 'HEAD', headers: EVIL });
  expect([head.status, Number(head.headers.get('content-length')) > 100, await head.text()]).toEqual([403, true, '']);
  expect(reached).toEqual([]);
});

test('the same connection takes the next request, whatever body came with the one that was refused', async () => {
  const refused = await fetch(urlOf('/large'), { method: 'PUT', headers: EVIL, body: 'x'.repeat(1_000_000) });
  expect([refused.status, (await refused.json()) as object]).toEqual([403, expect.anything()]);
  expect(await (await fetch(urlOf('/small'), { method: 'PUT', body: 'x' })).text()).toBe('secret');
  expect(reached).toEqual(['PUT /small']);
});

test.each([
  ['another Host', 'GET / HTTP/1.1\nHost: evil.example\nConnection: close\n\n', 403],
  ['no Host, which HTTP/1.1 demands', 'GET / HTTP/1.1\nConnection: close\n\n', 400],
  ['no Host, which HTTP/1.0 allows', 'GET / HTTP/1.0\n\n', 403],
  ['HTTP/1.0 with one', 'GET / HTTP/1.0\nHost: localhost\n\n', 200],
  ['a whole URL as the target', 'GET http://evil.example/ HTTP/1.1\nHost: localhost\nConnection: close\n\n', 403],
  [
    'two origins',
    'GET / HTTP/1.1\nHost: localhost\nOrigin: http://localhost\nOrigin: http://evil.example\nConnection: close\n\n',
    403,
  ],
  [
    'a WebSocket',
    'GET / HTTP/1.1\nHost: localhost\nOrigin: http://evil.example\nConnection: Upgrade, close\nUpgrade: websocket\n\n',
    403,
  ],
])('%s', async (_, request, status) => {
  expect(await sendRaw(request)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  expect(reached).toHaveLength(status === 200 ? 1 : 0);
});

test('who waits for 100 Continue is refused without it, and the connection ends', async () => {
  const request = 'PUT / HTTP/1.1\nHost: evil.example\nExpect: 100-continue\nContent-Length: 10\n\n';
  expect(await sendRaw(request)).toMatch(/^HTTP\/1\.1 403 .*forbidden_origin/s);
  expect(reached).toEqual([]);
});
