// GET /changes, and reads that wait for a key, as a client sees them, on the artifact of both roles.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ArtifactNode, type ArtifactPair, artifactPair } from '../support/artifact.ts';
import { schemaErrors } from '../support/schema.ts';

let nodes: ArtifactPair;
beforeAll(async () => {
  nodes = await artifactPair();
});
afterAll(() => nodes.close());

type Query = Record<string, string>;
const put = (key: string, value: unknown, more: object = {}) =>
  nodes.primary.call('PUT', `/key/${key}`, { body: { value, ...more } });
const remove = (key: string) => nodes.primary.call('DELETE', `/key/${key}`);
const ask = (node: ArtifactNode, query: Query = {}) => node.call('GET', '/changes', { query });
const changes = async (node: ArtifactNode, query: Query = {}) => (await ask(node, query)).body;
const now = async (node: ArtifactNode) => (await changes(node, { since: 'now' })).next;
const keysIn = ({ changes: found }: { changes: { key: string }[] }) => found.map(({ key }) => key);

describe('GET /changes', () => {
  test('tells what has changed since, each key once as it is now, on both nodes', async () => {
    const since = { primary: await now(nodes.primary), replica: await now(nodes.replica) };
    await put('feed/a', 1);
    await put('feed/b', { deep: [1] }, { ttl: 100 });
    await put('feed/a', 2);
    await put('feed/c', 3);
    await remove('feed/c');
    for (const role of ['primary', 'replica'] as const) {
      const page = await changes(nodes[role], { since: since[role], values: 'true' });
      expect(schemaErrors('ChangePage', page)).toEqual([]);
      const stamp = { epoch: expect.any(Number), updatedAt: expect.any(String) };
      expect(page.changes).toEqual([
        { key: 'feed/b', version: 1, ...stamp, expiresAt: expect.any(String), value: { deep: [1] } },
        { key: 'feed/a', version: 2, ...stamp, value: 2 },
        { key: 'feed/c', version: 2, ...stamp, deleted: true },
      ]);
      expect(page.complete).toBe(true);
      expect((await changes(nodes[role], { since: page.next })).changes).toEqual([]);
    }
  });

  test('goes from the beginning by pages, which join up', async () => {
    for (let i = 0; i < 7; i++) await put(`paged/${i}`, i);
    const found: string[] = [];
    for (let since: string | undefined, complete = false; !complete; ) {
      const page = await changes(nodes.primary, { prefix: 'paged/', limit: '3', ...(since && { since }) });
      found.push(...keysIn(page));
      ({ next: since, complete } = page);
    }
    expect(found).toEqual([0, 1, 2, 3, 4, 5, 6].map((i) => `paged/${i}`));
  });

  test('tells what has expired as deleted', async () => {
    const since = await now(nodes.primary);
    await put('brief', 1, { expiresAt: new Date(Date.now() + 40).toISOString() });
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect((await changes(nodes.primary, { since, values: 'true' })).changes).toEqual([
      expect.objectContaining({ key: 'brief', deleted: true, expiresAt: expect.any(String) }),
    ]);
  });

  test('waits for a change of its prefix, on the replica as on the primary', async () => {
    for (const role of ['primary', 'replica'] as const) {
      const since = await now(nodes[role]);
      const waiting = changes(nodes[role], { since, prefix: `wait/${role}`, wait: '20' });
      await put('other', 1);
      await put(`wait/${role}`, 1);
      expect(keysIn(await waiting)).toEqual([`wait/${role}`]);
    }
  });

  test('a wait in vain ends, and its cursor has moved on', async () => {
    const since = await now(nodes.primary);
    await put('elsewhere', 1);
    const page = await changes(nodes.primary, { since, prefix: 'nowhere/', wait: '1' });
    expect([page.changes, page.complete]).toEqual([[], true]);
    expect((await changes(nodes.primary, { since: page.next })).changes).toEqual([]);
  });

  test('a thousand that wait are all answered by the one write that concerns them', async () => {
    const since = await now(nodes.replica);
    const asked = Array.from({ length: 1000 }, () => changes(nodes.replica, { since, prefix: 'many/', wait: '20' }));
    await put('many/one', 1);
    const keys = new Set((await Promise.all(asked)).flatMap(keysIn));
    expect(keys).toEqual(new Set(['many/one']));
  });

  test('a cursor of the other node is 410, and one that nobody gave 400', async () => {
    const foreign = await ask(nodes.primary, { since: await now(nodes.replica) });
    expect([foreign.status, foreign.body.code]).toEqual([410, 'cursor_gone']);
    for (const since of ['', 'x', 'MTIz']) {
      const refused = await ask(nodes.primary, { since });
      expect([refused.status, refused.body.parameter]).toEqual([400, 'since']);
    }
  });
});

describe('a read that waits for its key', () => {
  const get = (node: ArtifactNode, key: string, etag: string, wait: string) =>
    node.call('GET', `/key/${key}`, { headers: { 'if-none-match': etag }, query: { wait } });

  test('is answered when the key changes, on both nodes', async () => {
    for (const role of ['primary', 'replica'] as const) {
      const { etag } = (await put(`watched/${role}`, 1)).headers as { etag: string };
      const waiting = get(nodes[role], `watched/${role}`, etag, '20');
      await put('unrelated', 1);
      await put(`watched/${role}`, 2);
      const answer = await waiting;
      expect([answer.status, answer.body.value]).toEqual([200, 2]);
    }
  });

  test('is answered 404 when the key is deleted, or expires', async () => {
    const { etag } = (await put('doomed', 1)).headers as { etag: string };
    const waiting = get(nodes.replica, 'doomed', etag, '20');
    await remove('doomed');
    expect((await waiting).status).toBe(404);
    const brief = await put('brief', 1, { expiresAt: new Date(Date.now() + 300).toISOString() });
    expect((await get(nodes.primary, 'brief', brief.headers.etag as string, '20')).status).toBe(404);
  });

  test('is answered 304 after its time, and at once without a wait', async () => {
    const { etag } = (await put('still', 1)).headers as { etag: string };
    expect((await get(nodes.primary, 'still', etag, '0')).status).toBe(304);
    const began = performance.now();
    expect((await get(nodes.primary, 'still', etag, '1')).status).toBe(304);
    expect(performance.now() - began).toBeGreaterThan(900);
  });
});
