// `npm start` with tokens for clients: what they open, the token that it makes for the nodes, and the browser's question before a
// request that carries one.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { freeEnv, start, stopStarted, untilRunning } from '../support/start.ts';

let nodes: Record<'primary' | 'replica', { url: string }>;
beforeAll(async () => {
  const env = await freeEnv();
  const of = (port: string) => ({ url: `http://127.0.0.1:${port}` });
  nodes = { primary: of(env.PRIMARY_PORT), replica: of(env.REPLICA_PORT) };
  await untilRunning(start({ ...env, PEER_TOKEN: '', WRITE_TOKEN: 'write', READ_TOKEN: 'read' }));
});
afterAll(stopStarted);

const ORIGIN = 'http://localhost:8000';
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const put = (headers: Record<string, string>) =>
  fetch(`${nodes.primary.url}/key/k`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json', origin: ORIGIN, ...headers },
    body: '{"value":1}',
  });

test('a write needs its token, a read its own, and the nodes replicate with theirs', async () => {
  expect((await put({})).status).toBe(401);
  expect((await put(bearer('read'))).status).toBe(403);
  expect(await (await put(bearer('write'))).json()).toMatchObject({ status: 'replicated' });
  const copy = (headers = {}) => fetch(`${nodes.replica.url}/key/k`, { headers });
  expect((await copy()).status).toBe(401);
  expect((await copy(bearer('read'))).status).toBe(200);
});

test.each(['primary', 'replica'] as const)(
  'no token of a client, and none in the source, opens what is between the nodes: %s',
  async (role) => {
    for (const [method, path] of [
      ['GET', '/digest'],
      ['POST', '/digest'],
      ['POST', '/replicate'],
      ['POST', '/handshake'],
      ['POST', '/switchover'],
    ] as const) {
      for (const token of ['tandem-local-peer-token', 'write', 'read']) {
        const answer = await fetch(nodes[role].url + path, { method, headers: bearer(token) });
        expect([answer.status, await answer.json()]).toEqual([403, expect.objectContaining({ code: 'forbidden' })]);
      }
    }
  },
);

test('a page may ask with a token, and sees why it is refused', async () => {
  const preflight = await fetch(`${nodes.primary.url}/key/k`, {
    method: 'OPTIONS',
    headers: {
      origin: ORIGIN,
      'access-control-request-method': 'PUT',
      'access-control-request-headers': 'authorization,content-type',
    },
  });
  expect(preflight.ok).toBe(true);
  expect(preflight.headers.get('access-control-allow-headers')).toContain('authorization');
  expect(preflight.headers.get('access-control-allow-methods')).toContain('PUT');
  for (const refused of [await put({}), await put(bearer('read'))]) {
    expect(refused.headers.get('access-control-allow-origin')).toMatch(/^(\*|http:\/\/localhost:8000)$/);
    expect(await refused.json()).toMatchObject({ code: expect.stringMatching(/unauthorized|forbidden/) });
  }
});
