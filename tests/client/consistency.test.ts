// What a client reads, and from which node, while the copies lag and the lead changes: on a real pair.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Addresses } from '../../client/addresses.ts';
import { type Client, createClient } from '../../client/client.ts';
import { OwnWrites } from '../../client/own-writes.ts';
import { type Pair, startPair } from '../support/nodes.ts';
import { haveLead, untilFollowed } from '../support/promotion.ts';
import { until } from '../support/until.ts';

let nodes: Pair;
let kv: Client;
beforeAll(async () => {
  nodes = await startPair({}, { serve: {}, isScheduled: false });
});
afterAll(() => nodes?.stop());
beforeEach(async () => {
  kv = createClient({ primary: nodes.primary.url, replica: nodes.replica.url });
  await Promise.all([kv.faults('primary').clear(), kv.faults('replica').clear()]);
  await kv.repair();
  await haveLead(nodes.primary, nodes.replica);
});

const from = async (key: string) => {
  const entry = await kv.get(key);
  return entry && [entry.value, entry.receipt.url];
};

describe('read your writes', () => {
  const clientOf = (readYourWrites?: boolean) =>
    createClient({
      primary: nodes.primary.url,
      replica: nodes.replica.url,
      readFrom: 'replica',
      ...(readYourWrites !== undefined && { readYourWrites }),
    });

  test('the replica is asked; while it lacks a write of this client, the primary', async () => {
    kv = clientOf();
    await kv.put('own', 1);
    expect(await from('own')).toEqual([1, nodes.replica.url]);
    await kv.faults('primary').add({ kind: 'drop_request' });
    expect(await kv.put('own', 2)).toMatchObject({ status: 'replication_failed' });
    expect(await from('own')).toEqual([2, nodes.primary.url]);
    await kv.delete('own');
    expect(await kv.get('own')).toBeUndefined();
    await kv.put('own', 3);
    await kv.faults('primary').clear();
    await kv.repair();
    expect(await from('own')).toEqual([3, nodes.replica.url]);
  });

  test('another client, or one that is told so, sees what the replica holds', async () => {
    const other = clientOf();
    await kv.put('others', 1);
    await kv.faults('primary').add({ kind: 'drop_request' });
    const { etag } = await kv.put('others', 2);
    for (kv of [other, clientOf(false)]) expect(await from('others')).toEqual([1, nodes.replica.url]);
    expect(await other.get('others', { atLeast: etag })).toMatchObject({
      value: 2,
      receipt: { url: nodes.primary.url },
    });
  });
});

describe('a change of the lead', () => {
  test('is followed by writes, and from then on by reads', async () => {
    await kv.put('led', 1);
    expect(await kv.promote()).toMatchObject({ role: 'primary', mode: 'switchover' });
    await kv.put('led', 2);
    expect(await from('led')).toEqual([2, nodes.replica.url]);
    expect(await kv.nodeStatus()).toMatchObject({ role: 'primary' });
    expect(await kv.nodeStatus({ node: 'primary' })).toMatchObject({ role: 'replica' });
  });

  test('is followed by a client that only reads', async () => {
    await kv.put('led', 1);
    const reader = createClient({ primary: nodes.primary.url, replica: nodes.replica.url });
    expect((await reader.get('led'))?.receipt).toMatchObject({ url: nodes.primary.url, role: 'primary' });
    await kv.promote();
    await kv.put('led', 2);
    const entry = await reader.get('led');
    expect(entry).toMatchObject({ value: 2, receipt: { url: nodes.replica.url, role: 'primary' } });
    expect(entry?.receipt.epoch).toBe(entry?.epoch);
  });

  test('is followed by a client that has not made it', async () => {
    const operator = createClient({ primary: nodes.primary.url, replica: nodes.replica.url });
    await kv.put('led', 1);
    await operator.promote({ node: 'replica' });
    expect(await kv.put('led', 2)).toMatchObject({ status: expect.stringMatching(/^(replicated|pending)$/) });
    expect(await kv.repair()).toMatchObject({ remaining: 0 });
    expect(await operator.promote({ node: 'replica' })).toMatchObject({ mode: 'none' });
  });

  test("without the primary is an operator's decision; its writes that nobody had seen are listed", async () => {
    await kv.put('both', 'seen');
    await Promise.all([
      kv.faults('primary').add({ kind: 'drop_request' }),
      kv.faults('replica').add({ kind: 'drop_request' }),
    ]);
    await kv.put('both', 'old');
    expect(await kv.promote({ force: true })).toMatchObject({ mode: 'failover' });
    await kv.put('both', 'new');
    await Promise.all([kv.faults('primary').clear(), kv.faults('replica').clear()]);
    await kv.repair();
    await untilFollowed(nodes.replica, nodes.primary);
    const { writes } = await kv.divergent();
    expect(writes).toMatchObject([{ key: 'both', value: 'old', etag: expect.any(String) }]);
    expect(await kv.acknowledge('both')).toMatchObject({ acknowledged: 1, complete: true });
    expect(await kv.acknowledge('both')).toMatchObject({ acknowledged: 0 });
    expect((await kv.divergent()).writes).toEqual([]);
  });
});

test('a copy that is too old does not count, and says how old it is', async () => {
  await kv.put('aged', 1);
  const copy = await kv.get('aged', { readFrom: 'replica', maxStale: 60 });
  expect(copy).toMatchObject({ value: 1, receipt: { role: 'replica', stalenessMs: expect.any(Number) } });
  await kv.faults('primary').add({ kind: 'drop_request' });
  await kv.put('aged', 2);
  const read = async () => (await kv.get('aged', { readFrom: 'replica', maxStale: 0 }))?.receipt.role === 'primary';
  await until(read);
});

test('the backlog is what the replica has not acknowledged, and a repair ships it', async () => {
  const fault = await kv.faults('replica').add({ kind: 'error', keyPrefix: 'owed/' });
  const { etag } = await kv.put('owed/1', 1);
  const { records } = await kv.backlog();
  expect(records).toMatchObject([{ key: 'owed/1', etag, status: 'replication_failed', attempts: expect.any(Number) }]);
  expect(await kv.status('owed/1')).toMatchObject({ status: 'replication_failed', attempts: [{ outcome: 'failed' }] });
  expect(await kv.faults('replica').list()).toMatchObject({ faults: [{ id: fault.id }] });
  expect(await kv.faults('replica').remove(fault.id)).toBe(true);
  expect(await kv.faults('replica').remove(fault.id)).toBe(false);
  expect(await kv.repair()).toMatchObject({ shipped: 1, remaining: 0 });
  expect(await kv.status('owed/1')).toMatchObject({ status: 'replicated', lagMs: expect.any(Number) });
});

test('`nearest` reads from either node while the other one is gone', async () => {
  kv = createClient({ primary: nodes.primary.url, replica: nodes.replica.url, readFrom: 'nearest' });
  await kv.put('near', 1);
  await nodes.replica.stop();
  for (let i = 0; i < 60; i++) expect(await from('near')).toEqual([1, nodes.primary.url]);
  await nodes.replica.start();
  await until(
    async () => (await kv.nodeStatus({ node: 'primary' })).role === 'primary' && (await kv.repair()).remaining === 0,
  );
});

describe('addresses in the order in which a read asks', () => {
  const names = (addresses: Addresses, times = 1) =>
    Array.from({ length: times }, () => addresses.inOrder('nearest').map(({ name }) => name));

  test('both are tried, then the faster one comes first, and the slower one is looked at now and then', () => {
    const addresses = new Addresses('http://a.test', 'http://b.test');
    const [a, b] = addresses.all as [never, never];
    expect(names(addresses)).toEqual([['replica', 'primary']]);
    addresses.answeredIn(b, 10);
    expect(names(addresses)).toEqual([['primary', 'replica']]);
    addresses.answeredIn(a, 30);
    const firsts = names(addresses, 100).map(([first]) => first);
    expect(firsts.filter((name) => name === 'primary')).toHaveLength(2);
    addresses.gaveNoAnswer(b);
    expect(names(addresses)).toEqual([['primary', 'replica']]);
    addresses.answeredIn(b, 10);
    expect(names(addresses)).toEqual([['replica', 'primary']]);
  });
});

describe('what is remembered of own writes', () => {
  const written = (key: string, version: number, status: 'pending' | 'replicated') => ({
    ...{ key, version, status, epoch: 1 },
    etag: `"1-${version}"`,
  });

  test('the newest write of a key that was not on the replica, whichever is answered last', () => {
    const own = new OwnWrites();
    own.wrote(written('a', 2, 'pending'));
    own.wrote(written('a', 1, 'replicated'));
    expect(own.etagOf('a')).toBe('"1-2"');
    own.forget('a', '"1-1"');
    expect(own.etagOf('a')).toBe('"1-2"');
    own.wrote(written('a', 3, 'replicated'));
    expect(own.etagOf('a')).toBeUndefined();
  });

  test('is bounded', () => {
    const own = new OwnWrites();
    for (let i = 0; i <= 10_000; i++) own.wrote(written(`${i}`, 1, 'pending'));
    expect([own.etagOf('0'), own.etagOf('1')]).toEqual([undefined, '"1-1"']);
  });
});
