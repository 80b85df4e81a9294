// Two real nodes under load, and processes that are killed: every acknowledged write is accounted for, and both nodes
// end up with the same.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { compareNodes, unaccounted } from '../support/compare-nodes.ts';
import { more, startLoad, startPairInSync, writeUntilInSync } from '../support/load.ts';
import { type Pair, startPrimary, type TestNode } from '../support/nodes.ts';
import { getKey, json, putKey, statusOf } from '../support/requests.ts';
import { until } from '../support/until.ts';

/** Whatever heals here was healed by writes. */
const WITHOUT_SCHEDULE = { isScheduled: false, serve: {} };

let nodes: Pair;
beforeAll(async () => {
  nodes = await startPairInSync({}, WITHOUT_SCHEDULE);
});
afterAll(() => nodes?.stop());

const inSync = async () => (await statusOf(nodes.primary)).inSync;

async function expectEqual(): Promise<void> {
  expect(await compareNodes(nodes.primary.url, nodes.replica.url)).toEqual([]);
}

test('P5 P6 the replica, under load: every write succeeds meanwhile, and the next ones bring back all it held', async () => {
  const load = startLoad(nodes.primary.url);
  await more(200, load);
  await nodes.replica.stop('SIGKILL');
  await more(100, load, (write) => write.status === 202);
  await nodes.replica.start();
  await more(100, load, (write) => write.status !== 202);
  await load.stop();

  expect(load.failures).toEqual([]);
  await writeUntilInSync(nodes.primary.url);
  expect(await unaccounted(load.writes, nodes)).toEqual([]);
  await expectEqual();
});

test('P4 P5 the replica, with nobody writing: it says itself that it is back, and gets all it held', async () => {
  await nodes.replica.stop('SIGKILL');
  await nodes.replica.start();
  await until(inSync);
  expect((await statusOf(nodes.replica)).keys).toBeGreaterThan(50);
  await expectEqual();
});

test('P10 the status of the primary is true beside a replica that dies and comes back without its contents', async () => {
  for (let i = 0; i < 40; i++) expect((await putKey(nodes.primary, `mine/${i}`, i)).status).toBeLessThan(202);
  await until(inSync);
  const { keys, replica } = await statusOf(nodes.primary);
  expect(replica).toMatchObject({ reachable: true, state: 'serving' });

  await nodes.replica.stop('SIGKILL');
  await until(async () => (await statusOf(nodes.primary)).replica.reachable === false);
  expect(await statusOf(nodes.primary)).toMatchObject({
    inSync: false,
    inSyncSince: null,
    replica: { reachable: false },
  });

  await nodes.replica.start();
  // Whenever it says that both are in sync, the replica of this moment has all of it.
  const seen = await until(async () => {
    const status = await statusOf(nodes.primary);
    if (status.replica.id !== replica.id)
      expect(status.inSync && (await statusOf(nodes.replica)).keys !== keys).toBe(false);
    return status.inSync && status.replica.id !== replica.id && status;
  });
  expect(seen.backlog).toEqual({ count: 0, oldestAgeMs: null });
  expect(await (await getKey(nodes.replica, 'mine/39')).json()).toMatchObject({ value: 39 });
});

test('P5 the primary, under load: what was replicated is there again, and versions and tags go on', async () => {
  const load = startLoad(nodes.primary.url);
  await putKey(nodes.primary, 'counted', 1);
  await putKey(nodes.primary, 'counted', 2);
  await more(200, load);
  const { epoch } = await statusOf(nodes.primary);
  await nodes.primary.stop('SIGKILL');
  await nodes.primary.start();
  await more(200, load, (write) => write.epoch > epoch);
  await load.stop();

  for (const { reason } of load.failures) expect(EXPECTED_OF_A_CRASH).toContain(reason);
  expect((await statusOf(nodes.primary)).epoch).toBeGreaterThan(epoch);
  expect(await json(putKey(nodes.primary, 'counted', 3))).toMatchObject({ version: 3, status: 'replicated' });
  await writeUntilInSync(nodes.primary.url);
  expect(await unaccounted(load.writes, nodes, [epoch])).toEqual([]);
  await expectEqual();
});

const EXPECTED_OF_A_CRASH = ['ECONNREFUSED', 'ECONNRESET', 'UND_ERR_SOCKET', 'recovering'];

test('both at once, under load: they start empty, and work', async () => {
  const load = startLoad(nodes.primary.url);
  await more(100, load);
  const { epoch } = await statusOf(nodes.primary);
  await Promise.all([nodes.primary.stop('SIGKILL'), nodes.replica.stop('SIGKILL')]);
  await Promise.all([nodes.primary.start(), nodes.replica.start()]);
  await more(100, load, (write) => write.epoch > epoch && write.status !== 202);
  await load.stop();

  for (const node of [nodes.primary, nodes.replica]) expect((await getKey(node, 'counted')).status).toBe(404);
  expect(await json(putKey(nodes.primary, 'counted', 1))).toMatchObject({ version: 1, status: 'replicated' });
  await writeUntilInSync(nodes.primary.url);
  expect(
    await unaccounted(
      load.writes.filter((write) => write.epoch > epoch),
      nodes,
    ),
  ).toEqual([]);
  await expectEqual();
});

describe('a second primary of the same replica', () => {
  let second: TestNode;
  /** As answers of writes tell them: a status would ask the replica, and learn of the other primary. */
  let firstEpoch: number;
  let secondEpoch: number;
  beforeAll(async () => {
    firstEpoch = (await json(putKey(nodes.primary, 'shared', 1))).epoch;
    second = await startPrimary(nodes.replica.url, {}, WITHOUT_SCHEDULE);
  });
  afterAll(() => second?.stop());

  test('P5 takes over what the replica holds, and its epoch is the higher one', async () => {
    expect(await json(getKey(second, 'shared'))).toMatchObject({ value: 1, version: 1 });
    const written = await json(putKey(second, 'shared', 2));
    expect(written).toMatchObject({ version: 2, status: 'replicated' });
    secondEpoch = written.epoch;
    expect(secondEpoch).toBeGreaterThan(firstEpoch);
    expect(await compareNodes(second.url, nodes.replica.url)).toEqual([]);
  });

  test('P3 the first one learns of it with its next write, and takes no more', async () => {
    const learns = await putKey(nodes.primary, 'shared', 'late');
    expect([learns.status, (await json(learns)).error]).toEqual([202, expect.stringContaining('stale_epoch')]);

    const refused = await putKey(nodes.primary, 'shared', 'later');
    expect([refused.status, await json(refused)]).toEqual([421, expect.objectContaining({ code: 'not_primary' })]);
    expect(await statusOf(nodes.primary)).toMatchObject({ role: 'replica' });
    expect(await json(getKey(nodes.replica, 'shared'))).toMatchObject({ value: 2 });
  });

  test('P5 the first one, started again, takes back everything', async () => {
    await nodes.primary.stop('SIGKILL');
    await nodes.primary.start();
    expect(await json(getKey(nodes.primary, 'shared'))).toMatchObject({ value: 2, version: 2 });
    expect(await statusOf(nodes.primary)).toMatchObject({ state: 'serving' });
    expect((await statusOf(nodes.primary)).epoch).toBeGreaterThan(secondEpoch);
  });

  test('P3 the replaced one gets no copy through that its successor would not know of', async () => {
    expect((await putKey(second, 'unknown', 1)).status).toBe(202);
    expect((await putKey(second, 'unknown', 2)).status).toBe(421);
  });

  test('P4 it takes over in turn, and both are the same again', async () => {
    expect(await json(putKey(nodes.primary, 'shared', 3))).toMatchObject({ version: 3, status: 'replicated' });
    await putKey(second, 'shared', 'late');
    expect((await putKey(second, 'shared', 'later')).status).toBe(421);
    await fetch(`${nodes.primary.url}/repair`, { method: 'POST' });
    await writeUntilInSync(nodes.primary.url);
    await expectEqual();
  });
});
