// Programs that use the client go on while the nodes below them are killed, start again and change roles: no call fails, and no write
// is lost or done twice. On real nodes of both runners.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { createClient, type ReadFrom } from '../../client/client.ts';
import { startClientLoad } from '../support/client-load.ts';
import { type NodeOptions, type Pair, startPair, type TestNode } from '../support/nodes.ts';
import { untilFollowed } from '../support/promotion.ts';
import { until } from '../support/until.ts';

/** Of each node one program reads, two whatever answers faster. */
const READERS: readonly ReadFrom[] = ['primary', 'replica', 'nearest', 'nearest'];
/** So long no node of a busy machine takes to start. */
const PATIENT = { limitMs: 500_000, attempts: 100_000 };

let nodes: Pair | undefined;
let folder: string | undefined;
afterEach(async () => {
  await nodes?.stop();
  if (folder !== undefined) await rm(folder, { recursive: true });
  nodes = undefined;
  folder = undefined;
});

async function start(store: 'memory' | 'sqlite', options: NodeOptions): Promise<Pair> {
  if (store === 'sqlite') folder = await mkdtemp(join(tmpdir(), 'tandem-client-'));
  nodes = await startPair({ STORE: store, ...(folder !== undefined && { SQLITE_FOLDER: folder }) }, options);
  return nodes;
}

function clientsOf({ primary, replica }: Pair) {
  return READERS.map((readFrom) =>
    createClient({ primary: primary.url, replica: replica.url, readFrom, retry: PATIENT }),
  );
}

async function killAndStart(node: TestNode): Promise<void> {
  await node.stop('SIGKILL');
  await node.start();
}

describe.each<[runner: string, options: NodeOptions]>([
  ['npm run serve', { serve: {} }],
  ['npm start', {}],
])('on %s', (_, options) => {
  test('P1 P9 through kills of both nodes, durable, and a switchover and back, no write is lost or done twice', async () => {
    const pair = await start('sqlite', options);
    const { primary, replica } = pair;
    const clients = clientsOf(pair);
    const load = startClientLoad(clients);
    const operator = createClient({ primary: primary.url, replica: replica.url, retry: PATIENT });
    await load.more(20);
    await killAndStart(primary);
    await load.more(20);
    await killAndStart(replica);
    await load.more(20);
    await untilFollowed(primary, replica);
    expect(await operator.promote({ node: 'replica' })).toMatchObject({ mode: 'switchover' });
    await load.more(20);
    await killAndStart(replica);
    await load.more(20);
    await untilFollowed(replica, primary);
    expect(await operator.promote({ node: 'primary' })).toMatchObject({ mode: 'switchover' });
    await load.more(20);
    await load.stop();
    const { held, expected } = await load.account(operator);
    expect(held).toEqual(expected);
  });
});

test('P5 in memory, through kills of the replica and switchovers, no write is lost or done twice', async () => {
  const pair = await start('memory', { serve: {} });
  const load = startClientLoad(clientsOf(pair));
  const operator = createClient({ primary: pair.primary.url, replica: pair.replica.url, retry: PATIENT });
  for (const [leading, following] of [
    [pair.primary, pair.replica],
    [pair.replica, pair.primary],
  ] as const) {
    await load.more(20);
    await killAndStart(following);
    await load.more(20);
    await untilFollowed(leading, following);
    await operator.promote({ node: following === pair.primary ? 'primary' : 'replica' });
    await load.more(20);
  }
  await load.stop();
  const { held, expected } = await load.account(operator);
  expect(held).toEqual(expected);
});

test('P1 P9 twelve programs that count under one key while the primary is killed count each of their increments once', async () => {
  const { primary, replica } = await start('sqlite', { serve: {} });
  const clients = Array.from({ length: 12 }, () =>
    createClient({ primary: primary.url, replica: replica.url, retry: PATIENT }),
  );
  let count = 0;
  let isOver = false;
  const programs = Promise.all(
    clients.map(async (kv) => {
      for (; !isOver; count++) await kv.increment('count');
    }),
  );
  for (let kill = 1; kill <= 5; kill++) {
    const enough = count + 200;
    await Promise.race([programs, until(() => count >= enough)]);
    await killAndStart(primary);
  }
  isOver = true;
  await programs;
  expect((await clients[0]?.get('count'))?.value).toBe(count);
});

test('while the primary is frozen, a call ends with what the limits of its client say', async () => {
  const { primary, replica } = await start('memory', { serve: {} });
  const kv = createClient({
    primary: primary.url,
    replica: replica.url,
    timeoutMs: 200,
    retry: { limitMs: 2000 },
  });
  await kv.put('k', 1);
  process.kill(primary.pid, 'SIGSTOP');
  try {
    const startedAt = performance.now();
    await expect(kv.put('k', 2)).rejects.toMatchObject({ code: 'unreachable', mayBeDone: true });
    expect(performance.now() - startedAt).toBeGreaterThan(500);
    expect((await kv.get('k', { readFrom: 'replica' }))?.value).toBe(1);
  } finally {
    process.kill(primary.pid, 'SIGCONT');
  }
});
