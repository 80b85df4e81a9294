// The feed of changes of real nodes, that are killed, start again and change roles.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { type ChangeFeed, type ChangesOptions, type Client, createClient } from '../../client/client.ts';
import { type Pair, startPair } from '../support/nodes.ts';
import { untilFollowed } from '../support/promotion.ts';

let nodes: Pair | undefined;
let folder: string | undefined;
let feeds: ChangeFeed<unknown>[] = [];
afterEach(async () => {
  // A node that is told to stop waits for those that wait there.
  for (const feed of feeds) await feed.return();
  feeds = [];
  await nodes?.stop();
  if (folder !== undefined) await rm(folder, { recursive: true });
  nodes = undefined;
  folder = undefined;
});

async function start(store: 'memory' | 'sqlite'): Promise<Pair & { kv: Client }> {
  if (store === 'sqlite') folder = await mkdtemp(join(tmpdir(), 'tandem-feed-'));
  const pair = await startPair({ STORE: store, ...(folder !== undefined && { SQLITE_FOLDER: folder }) }, { serve: {} });
  nodes = pair;
  const { url: primary } = pair.primary;
  const { url: replica } = pair.replica;
  return { ...pair, kv: createClient({ primary, replica, retry: { limitMs: 200_000, attempts: 100_000 } }) };
}

/** A feed that is ended with its test, once it has its place. */
async function follow(kv: Client, options: ChangesOptions): Promise<ChangeFeed<unknown>> {
  const feed = kv.changes({ values: true, ...options });
  feeds.push(feed);
  await feed.ready();
  return feed;
}

/** Reads until a key holds a value. @returns all that was read, as `key=value` */
async function readUntil(feed: ChangeFeed<unknown>, key: string, value: unknown): Promise<string[]> {
  const read: string[] = [];
  for (;;) {
    const { value: change } = await feed.next();
    if (!change) throw new Error('The feed has ended.');
    read.push(`${change.key}=${change.deleted ? 'gone' : change.value}`);
    if (change.key === key && change.value === value) return read;
  }
}

test('what is written to the primary is told by the replica, deletions too, and other keys are not', async () => {
  const { kv } = await start('memory');
  await kv.put('p/before', 0);
  const feed = await follow(kv, { prefix: 'p/', since: 'now', readFrom: 'replica' });
  expect(feed.node).toBe('replica');
  await kv.put('q/other', 1);
  const { etag } = await kv.put('p/a', 1);
  const { value: change } = await feed.next();
  expect(change).toMatchObject({ key: 'p/a', value: 1, etag, updatedAt: expect.any(String) });
  await kv.delete('p/a');
  await kv.put('p/b', 2);
  expect(await readUntil(feed, 'p/b', 2)).toEqual(['p/a=gone', 'p/b=2']);
  const everything = await follow(kv, { prefix: 'p/', readFrom: 'replica' });
  expect(await readUntil(everything, 'p/b', 2)).toEqual(['p/before=0', 'p/a=gone', 'p/b=2']);
});

test('P9 nothing is left out while the node that is followed is killed, starts again, leads and follows', async () => {
  const { kv, primary, replica } = await start('sqlite');
  const feed = await follow(kv, { since: 'now', readFrom: 'replica' });
  const written: string[] = [];
  const write = async () => {
    for (let i = 0; i < 5; i++) {
      const key = `k${written.length}`;
      await kv.put(key, i);
      written.push(`${key}=${i}`);
    }
  };
  const seen = readUntil(feed, 'last', 1);
  await write();
  await replica.stop('SIGKILL');
  await write();
  await replica.start();
  await write();
  await untilFollowed(primary, replica);
  await kv.promote({ node: 'replica' });
  await write();
  await untilFollowed(replica, primary);
  await kv.promote({ node: 'primary' });
  await write();
  await kv.put('last', 1);
  expect(await seen).toEqual(expect.arrayContaining(written));
});

test('a cursor goes on in another process, at the node that gave it, whoever leads by then', async () => {
  const { kv, primary, replica } = await start('memory');
  const { cursor } = await follow(kv, { since: 'now', readFrom: 'replica' });
  if (cursor === undefined) throw new Error('It has no place yet.');
  await kv.put('a', 1);
  await untilFollowed(primary, replica);
  await kv.promote();
  const another = createClient({ primary: primary.url, replica: replica.url });
  const after = await follow(another, { since: cursor });
  expect(await readUntil(after, 'a', 1)).toEqual(['a=1']);
  expect(after.node).toBe('replica');
});

test('an in-memory node that has started again does not know what was missed: that is an error, or a beginning', async () => {
  const { kv, primary, replica } = await start('memory');
  await kv.put('a', 1);
  const throwing = await follow(kv, { since: 'now', readFrom: 'replica' });
  const going = await follow(kv, { since: 'now', readFrom: 'replica', whenGone: 'begin-again' });
  const [error, told] = [throwing.next().catch((error) => error), readUntil(going, 'b', 2)];
  await replica.stop('SIGKILL');
  await replica.start();
  await untilFollowed(primary, replica);
  expect(await error).toMatchObject({ code: 'cursor_gone' });
  await kv.put('b', 2);
  expect(await told).toEqual(expect.arrayContaining(['a=1', 'b=2']));
});

test('a change reaches a reader on the replica once the write is answered, and no later', async () => {
  const { kv } = await start('memory');
  const feed = await follow(kv, { since: 'now', readFrom: 'replica' });
  const lags: number[] = [];
  for (let i = 0; i < 20; i++) {
    const next = feed.next();
    await kv.put(`k${i}`, i);
    const answeredAt = performance.now();
    await next;
    lags.push(performance.now() - answeredAt);
  }
  // Of a machine that does nothing else it is some ms: the bench measures it. A reader that polled would take seconds.
  expect(lags.sort((a, b) => a - b)[10]).toBeLessThan(1000);
});
