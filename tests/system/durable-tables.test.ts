// Two real nodes over tables that others write to, that are emptied, or that are put back to what they were.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { compareNodes, unaccounted } from '../support/compare-nodes.ts';
import { type Endpoint, startEndpoint } from '../support/endpoint.ts';
import { startLoad, writeUntilInSync } from '../support/load.ts';
import { type Pair, startPair, startPrimary, type TestNode } from '../support/nodes.ts';
import { getKey, json, putKey, repair, statusOf } from '../support/requests.ts';
import { until } from '../support/until.ts';

/** All keys are read again on both nodes; and the endpoint is busier than a node in memory. */
const LOAD = { keys: 40, pauseMs: 100 };

/** Whatever heals here was healed by writes. */
const WITHOUT_SCHEDULE = { isScheduled: false, serve: {} };

let endpoint: Endpoint;
let nodes: Pair;
beforeAll(async () => {
  endpoint = await startEndpoint();
  nodes = await startPair(endpoint.env, WITHOUT_SCHEDULE);
});
afterAll(async () => {
  await nodes?.stop();
  await endpoint?.remove();
});

const put = (key: string, value: unknown) => putKey(nodes.primary, key, value);
const get = (node: TestNode, key: string) => json(getKey(node, key));
const expectEqual = async () => expect(await compareNodes(nodes.primary.url, nodes.replica.url)).toEqual([]);

test('P1 P2 two processes of the primary write to one table: no write is lost, no tag is given twice, in one epoch', async () => {
  const second = await startPrimary(nodes.replica.url, endpoint.env, WITHOUT_SCHEDULE);
  try {
    const loads = [nodes.primary, second].map(({ url }) => startLoad(url, LOAD));
    await until(() => loads.every(({ writes }) => writes.length > 150));
    await Promise.all(loads.map((load) => load.stop()));

    expect(loads.flatMap(({ failures }) => failures)).toEqual([]);
    const writes = loads.flatMap((load) => load.writes);
    expect(new Set(writes.map(({ epoch }) => epoch)).size).toBe(1);
    // Each process ships again what has failed in it: there is no schedule.
    await Promise.all([nodes.primary, second].map(({ url }) => writeUntilInSync(url)));
    expect(await unaccounted(writes, nodes)).toEqual([]);
    await expectEqual();
    await until(async () => (await statusOf(second)).inSync);
    const [{ id, epoch }, other] = await Promise.all([statusOf(nodes.primary), statusOf(second)]);
    expect(other).toMatchObject({ id, epoch });
  } finally {
    await second.stop();
  }
});

test('P4 the table of the replica, deleted and made anew: the next write notices, and refills it', async () => {
  const { id, keys } = await statusOf(nodes.replica);
  await nodes.replica.stop();
  await endpoint.replaceTable('tandem-replica');
  await nodes.replica.start();
  expect(await statusOf(nodes.replica)).toMatchObject({ keys: 0 });

  expect((await put('notices', 1)).status).toBe(201);
  await until(async () => (await statusOf(nodes.replica)).keys === keys + 1);
  await until(async () => (await statusOf(nodes.primary)).inSync);
  const { replica } = await statusOf(nodes.primary);
  expect(replica.id).toBe((await statusOf(nodes.replica)).id);
  expect(replica.id).not.toBe(id);
  await expectEqual();
});

test('P4 the table of the primary, put back to an older state: what is newer comes back, what is written then stays', async () => {
  for (const key of ['kept', 'changed', 'deleted', 'written']) await put(key, 'before');
  await nodes.replica.stop();
  expect((await put('owed', 'before')).status).toBe(202);
  await endpoint.copyTable('tandem-primary', 'tandem-restored');
  await nodes.replica.start();
  for (const key of ['changed', 'owed', 'written', 'new']) await put(key, 'after');
  expect((await fetch(`${nodes.primary.url}/key/deleted`, { method: 'DELETE' })).status).toBe(200);
  await writeUntilInSync(nodes.primary.url);
  const { epoch } = await statusOf(nodes.primary);

  await nodes.primary.stop();
  await nodes.primary.start({ TABLE_NAME: 'tandem-restored' });
  expect(await get(nodes.primary, 'changed')).toMatchObject({ value: 'before' });
  const load = startLoad(nodes.primary.url, LOAD);
  expect(await json(put('written', 'since'))).toMatchObject({ key: 'written' });
  await until(() => load.writes.length > 50);
  await load.stop();
  expect(load.failures).toEqual([]);

  expect(await repair(nodes.primary)).toMatchObject({ failed: 0, remaining: 0 });
  await writeUntilInSync(nodes.primary.url);
  expect((await statusOf(nodes.primary)).epoch).toBeGreaterThan(epoch);
  for (const node of [nodes.primary, nodes.replica]) {
    expect(await get(node, 'kept')).toMatchObject({ value: 'before' });
    for (const key of ['changed', 'owed', 'new']) expect(await get(node, key)).toMatchObject({ value: 'after' });
    expect(await get(node, 'written')).toMatchObject({ value: 'since' });
    expect(await get(node, 'deleted')).toMatchObject({ code: 'key_not_found' });
  }
  expect(await unaccounted(load.writes, nodes)).toEqual([]);
  await expectEqual();
});
