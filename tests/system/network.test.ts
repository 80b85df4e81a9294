// Two real nodes under load with a bad line between them: writes go on, the status says what is wrong, and once the
// line is good again everything that was written is on both.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { compareNodes, unaccounted } from '../support/compare-nodes.ts';
import { type Load, startLoad, startPairInSync, writeUntilInSync } from '../support/load.ts';
import { freePorts, type Pair } from '../support/nodes.ts';
import { getKey, json, putKey, statusOf } from '../support/requests.ts';
import { type Disturbance, startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';

let line: TcpProxy;
let nodes: Pair;
beforeAll(async () => {
  const [replicaPort] = await freePorts(1);
  line = await startTcpProxy(replicaPort as number);
  // Whatever heals here was healed by writes.
  nodes = await startPairInSync(
    { REPLICA_PORT: `${replicaPort}`, REPLICA_URL: line.url },
    { isScheduled: false, serve: {} },
  );
});
afterAll(async () => {
  await nodes?.stop();
  await line?.stop();
});

const put = (key: string, value: unknown) => putKey(nodes.primary, key, value);
const status = () => statusOf(nodes.primary);
const replicatedSince = (time: number, { writes }: Load) =>
  until(() => writes.some((write) => write.startedAt > time && write.replication === 'replicated'));

async function expectAllAccountedFor({ writes }: Load, killed: readonly number[] = []): Promise<void> {
  await writeUntilInSync(nodes.primary.url);
  expect(await unaccounted(writes, nodes, killed)).toEqual([]);
  expect(await compareNodes(nodes.primary.url, nodes.replica.url)).toEqual([]);
}

/**
 * Under load: disturbs the line until the status names this reason, and many writes have been answered meanwhile. None of
 * them can have waited for the line to be good again.
 */
async function expectPatience(disturbance: Disturbance, reason: RegExp): Promise<void> {
  const load = startLoad(nodes.primary.url);
  try {
    await until(() => load.writes.length > 50);
    await line.set(disturbance);
    await until(async () => reason.test((await status()).replica.error));
    // Of a replica that is silent, nobody knows whether it is there.
    const reachable = /timed out/.test(reason.source) ? null : false;
    expect(await status()).toMatchObject({ state: 'serving', inSync: false, replica: { reachable } });
    await until(() => load.writes.filter(({ error }) => error?.match(reason)).length > 50);
    await line.set('none');
    await replicatedSince(performance.now(), load);
  } finally {
    await line.set('none');
    await load.stop();
  }
  expect(load.failures).toEqual([]);
  await writeUntilInSync(nodes.primary.url);
  expect(await unaccounted(load.writes, nodes)).toEqual([]);
}

describe('P4 P6 every write succeeds, the status says why copies do not arrive, and the next writes heal it, when', () => {
  test.each<[string, Disturbance, RegExp]>([
    ['the line is cut', 'cut', /replica unreachable: connection refused at http:/],
    ['connections are reset', 'reset', /replica closed the connection before it answered/],
    ['only the direction to the primary is closed', 'half_close', /replica closed the connection before it answered/],
    ['replies are cut short', 'truncate', /replica closed the connection before it answered/],
    ['replies get lost', 'swallow', /replica timed out: no answer within 2000 ms/],
    ['replies stop halfway', 'stall', /replica timed out: no answer within 2000 ms/],
    ['replies are no HTTP', 'garbage', /replica gave a malformed answer/],
    ['somebody else answers', 'web_page', /replica gave a malformed answer/],
    ['a gateway answers', 'bad_gateway', /replica answered 502/],
  ])('%s', (_, disturbance, reason) => expectPatience(disturbance, reason));
});

test('P2 a line that delays everything by 300 ms: every write is replicated, and takes that much longer', async () => {
  await writeUntilInSync(nodes.primary.url);
  const load = startLoad(nodes.primary.url);
  await line.set('delay');
  const began = performance.now();
  const later = () => load.writes.filter((write) => write.startedAt > began);
  await until(() => later().length > 15);
  await line.set('none');
  await load.stop();

  expect(load.failures).toEqual([]);
  for (const { replication, startedAt, answeredAt } of later().slice(0, 15)) {
    expect(replication).toBe('replicated');
    expect(answeredAt - startedAt).toBeGreaterThan(600);
  }
  await expectAllAccountedFor(load);
});

test('P3 the primary is killed while cut off: what only it had is lost, nothing else, and no tag comes again', async () => {
  const load = startLoad(nodes.primary.url);
  await until(() => load.writes.length > 200);
  const { epoch } = await status();
  await line.set('cut');
  await until(() => load.writes.filter((write) => write.status === 202).length > 50);
  const lost = await json(put('only-here', 1));
  expect(lost).toMatchObject({ version: 1, status: expect.not.stringContaining('replicated') });
  await nodes.primary.stop('SIGKILL');
  await line.set('none');
  await nodes.primary.start();
  const again = performance.now();
  await replicatedSince(again, load);
  await until(() => load.writes.filter((write) => write.startedAt > again).length > 200);
  await load.stop();

  expect((await getKey(nodes.primary, 'only-here')).status).toBe(404);
  const fresh = await json(put('only-here', 2));
  expect(fresh).toMatchObject({ version: 1, status: 'replicated' });
  expect(fresh.epoch).toBeGreaterThan(lost.epoch);
  await expectAllAccountedFor(load, [epoch]);
});

test('P4 a primary that starts while every connection is refused serves without its replica, and its first copy brings back what it had', async () => {
  const before = await json(getKey(nodes.replica, 'only-here'));
  await line.set('cut');
  await nodes.primary.stop('SIGKILL');
  await nodes.primary.start();
  expect((await getKey(nodes.primary, 'only-here')).status).toBe(404);
  expect((await put('meanwhile', 1)).status).toBe(202);
  expect(await status()).toMatchObject({ state: 'serving', inSync: false, replica: { reachable: false } });

  await line.set('none');
  const load = startLoad(nodes.primary.url);
  await replicatedSince(performance.now(), load);
  await load.stop();
  await writeUntilInSync(nodes.primary.url);
  expect(await json(getKey(nodes.primary, 'only-here'))).toEqual(before);
  expect((await getKey(nodes.replica, 'meanwhile')).status).toBe(200);
  await expectAllAccountedFor(load);
});

test('P5 the replica is killed while a primary recovers from it: what had come over is on both', async () => {
  await nodes.primary.stop('SIGKILL');
  await line.set('delay');
  const starting = nodes.primary.start();
  await until(async () => (await status()).keys > 0);
  const { state, keys: saved } = await status();
  expect(state).toBe('recovering');
  await nodes.replica.stop('SIGKILL');
  await line.set('none');
  await Promise.all([starting, nodes.replica.start()]);

  expect((await put('first', 1)).status).toBe(201);
  // Until then the replica is being refilled, and lists no keys.
  await until(async () => (await status()).inSync);
  expect(await compareNodes(nodes.primary.url, nodes.replica.url)).toEqual([]);
  expect((await status()).keys).toBeGreaterThan(saved);
});
