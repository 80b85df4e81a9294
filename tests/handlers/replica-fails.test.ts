// Each way in which the replica can fail has its own reason in the answer to a write and in the key's status; the write
// is stored all the same, and shipped once the replica is well again.
import type { RequestListener } from 'node:http';
import { pipeline } from 'node:stream';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type ArtifactPair, artifactPair } from '../support/artifact.ts';

let nodes: ArtifactPair;
let well: RequestListener[];
beforeAll(async () => {
  nodes = await artifactPair();
  well = nodes.replica.server.listeners('request') as RequestListener[];
});
afterAll(() => nodes.close());

function answerWith(...listeners: RequestListener[]): void {
  nodes.replica.server.removeAllListeners('request');
  for (const listener of listeners) nodes.replica.server.on('request', listener);
}

const problem =
  (status: number, code: string): RequestListener =>
  (_, response) =>
    response.writeHead(status).end(JSON.stringify({ code }));

/** More outcomes than there are records in any batch here. */
const ACKNOWLEDGED_TWICE = JSON.stringify({ protocol: 2, answers: Array(400).fill({ outcome: 'applied' }) });

function* spaces() {
  for (;;) yield Buffer.alloc(65_536, ' ');
}

test.each<[string, RequestListener, RegExp]>([
  ['an error of the server', problem(500, 'internal_error'), /^replica answered 500/],
  ['a closed connection', (request) => request.socket.destroy(), /closed the connection/],
  ['no answer', () => {}, /^replica timed out: no answer within 2000 ms/],
  ['a malformed answer', (_, response) => response.end('hello'), /malformed answer/],
  [
    'a redirect to itself',
    (_, response) => response.writeHead(307, { location: '/replicate' }).end(),
    /^replica answered 307/,
  ],
  ['brackets', (_, response) => response.end('['.repeat(100_000)), /malformed answer/],
  [
    'an answer that is endless',
    (_, response) => void pipeline(spaces(), response, () => {}),
    /malformed answer|timed out/,
  ],
  ['acknowledgements that nobody asked for', (_, response) => response.end(ACKNOWLEDGED_TWICE), /malformed answer/],
  ['a primary that answers', problem(421, 'not_replica'), /^wrong node/],
  ['a stale epoch of long ago', problem(409, 'stale_epoch'), /stale_epoch/],
])('P6 %s', async (what, listener, reason) => {
  answerWith(listener);
  const path = `/key/${what}`;
  const written = await nodes.primary.call('PUT', path, { body: { value: what } });
  expect([written.status, written.body.status]).toEqual([202, 'replication_failed']);
  expect(written.body.error).toMatch(reason);
  expect((await nodes.primary.call('GET', path)).body.value).toBe(what);
  const status = (await nodes.primary.call('GET', path.replace('key', 'status'))).body;
  expect(status.attempts).toEqual([expect.objectContaining({ outcome: 'failed', error: written.body.error })]);

  answerWith(...well);
  await nodes.primary.call('POST', '/repair');
  expect((await nodes.replica.call('GET', path)).body.value).toBe(what);
});

test('P1 a full store: 507, nothing is lost, and the replica being full is the reason of a 202', async () => {
  const full = await artifactPair({ MEMORY_LIMIT_MB: '1' });
  try {
    const value = 'x'.repeat(200_000);
    const put = (i: number) => full.primary.call('PUT', `/key/${i}`, { body: { value } });
    const answers = [];
    for (let i = 0; i < 8; i++) answers.push(await put(i));
    const stored = answers.filter(({ status }) => status === 201).length;
    expect(stored).toBeGreaterThan(3);
    expect(answers.at(-1)).toMatchObject({ status: 507, body: { code: 'store_full' } });
    for (let i = 0; i < stored; i++) expect((await full.primary.call('GET', `/key/${i}`)).body.value).toBe(value);
    expect((await full.primary.call('POST', '/repair')).status).toBe(200);
    await full.primary.call('DELETE', '/key/0');
    expect((await put(7)).status).toBe(201);
  } finally {
    await full.close();
  }
});
