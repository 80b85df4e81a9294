// How two nodes become identical again: comparing, mending, recovering, fencing, forgetting.
import { describe, expect, test } from '@jest/globals';
import { ALL_GROUPS, groupSums } from '../../../lib/digest.ts';
import { recover } from '../../../lib/replication/repair/recover.ts';
import { createReplica } from '../../../lib/replication/replica.ts';
import { memoryStore } from '../../../lib/store/memory/store.ts';
import type { Store } from '../../../lib/store/store.ts';
import { RETENTION_MS, START, TestClock, TestPeer, testPrimary } from '../../support/replication.ts';

const alike = async (a: Store, b: Store) =>
  expect(groupSums(await a.digests(ALL_GROUPS))).toEqual(groupSums(await b.digests(ALL_GROUPS)));
const record = (key: string, version: number, more = {}) => ({
  key,
  value: `${version}`,
  epoch: START,
  version,
  updatedAt: START,
  ...more,
});
const replicated = { status: 'replicated', attempts: [] } as const;

describe('a comparison', () => {
  test('of equal nodes lists nothing and asks once', async () => {
    const { primary, put } = testPrimary();
    for (let i = 0; i < 20; i++) await put(`k${i}`);
    expect(await primary.repair(60_000)).toMatchObject({
      bucketsCompared: 16_384,
      bucketsDiffering: 0,
      keysDiffering: 0,
    });
  });

  test('pushes what is newer here, pulls what is newer there, and leaves the rest alone', async () => {
    const { primary, store, peer, put } = testPrimary();
    await put('same');
    await store.apply(record('lost there', 1), replicated);
    await store.apply(record('older there', 3), replicated);
    await peer.store.apply(record('older there', 2));
    await peer.store.apply(record('missing here', 4));
    await store.apply(record('older here', 1), replicated);
    await peer.store.apply(record('older here', 2));
    peer.batches.length = 0;

    expect(await primary.repair(60_000)).toMatchObject({ keysDiffering: 4, pushed: 2, pulled: 2, failed: 0 });
    expect(peer.keys.flat().sort()).toEqual(['lost there', 'older there']);
    await alike(store, peer.store);
    expect((await store.get('missing here'))?.replication?.status).toBe('replicated');
    expect(await primary.repair(60_000)).toMatchObject({ keysDiffering: 0 });
  });

  test('takes absence for nothing but absence: only a tombstone deletes', async () => {
    const { primary, store, peer, clock } = testPrimary();
    await peer.store.apply(record('only there', 1));
    const { value: _, ...tombstone } = record('deleted here', 2);
    await store.apply(tombstone, replicated);
    await peer.store.apply(record('deleted here', 1));
    await primary.repair(60_000);
    expect((await store.get('only there'))?.record.value).toBe('1');
    expect((await peer.store.get('deleted here'))?.record).not.toHaveProperty('value');
    expect(await peer.store.count(clock.time)).toMatchObject({ count: 1 });
  });

  test('of a record that the replica has lost and will not take again says so in its status', async () => {
    const { primary, store, peer, clock, put, status } = testPrimary();
    await put('k');
    const lost = new TestPeer();
    Object.assign(peer, { store: lost.store, digest: lost.digest, stamps: lost.stamps, records: lost.records });
    peer.refuses = () => 'no room';
    clock.time += 1000;
    expect(await primary.repair(60_000)).toMatchObject({ keysDiffering: 1, failed: 1, remaining: 1 });
    expect(await status('k')).toBe('replication_failed');
    expect(await store.backlogSize()).toMatchObject({ count: 1 });
  });

  test('ends with the reason when the replica stops answering', async () => {
    const { primary, peer } = testPrimary();
    peer.down = 'replica unreachable';
    expect(await primary.repair(60_000)).toMatchObject({ stoppedBy: 'replica unreachable' });
    expect(primary.replica.error).toBe('replica unreachable');
  });
});

test('a replica that comes back empty is recognised at its first answer, and refilled without being asked', async () => {
  const { primary, store, peer, put } = testPrimary();
  for (let i = 0; i < 30; i++) await put(`k${i}`);
  const reborn = new TestPeer();
  Object.assign(peer, { store: reborn.store, digest: reborn.digest, stamps: reborn.stamps, records: reborn.records });
  await put('next');
  await primary.repair(60_000);
  expect(await reborn.store.count(START)).toMatchObject({ count: 31 });
  await alike(store, reborn.store);
});

describe('a primary that starts empty', () => {
  test('takes back what the replica holds, tombstones too, and begins a higher epoch', async () => {
    const [store, peer, clock] = [memoryStore(1e9), new TestPeer(), new TestClock()];
    const ahead = START + 1_000_000;
    await peer.store.raiseEpoch(ahead);
    for (let i = 0; i < 1500; i++) await peer.store.apply(record(`k${i}`, 7));
    const { value: _, ...tombstone } = record('gone', 2);
    await peer.store.apply(tombstone);
    expect(await recover({ store, peer, clock, retentionMs: RETENTION_MS })).toEqual({
      epoch: ahead + 1,
      recoveredFrom: peer.store.id,
    });
    await alike(store, peer.store);
    expect(await store.backlogSize()).toEqual({ count: 0 });
  });

  test('serves after a while when nobody answers, and merges what it finds later', async () => {
    const [store, peer, clock] = [memoryStore(1e9), new TestPeer(), new TestClock()];
    peer.down = 'replica unreachable';
    clock.sleep = async (ms = 0) => {
      clock.time += ms;
    };
    expect(await recover({ store, peer, clock, retentionMs: RETENTION_MS })).toEqual({ epoch: expect.any(Number) });
    expect(clock.time - START).toBeGreaterThanOrEqual(5000);
    expect(clock.time - START).toBeLessThan(6000);
  });

  test('also takes what the primary before it still got through, which from then on is refused', async () => {
    const [store, peer, clock] = [memoryStore(1e9), new TestPeer(), new TestClock()];
    const replica = createReplica({
      store: peer.store,
      clock,
      log: { warn() {}, error() {} },
      faultOf: () => undefined,
    });
    await replica.apply({
      from: 'old',
      epoch: START - 9,
      sentAt: START,
      records: [record('k', 1, { epoch: START - 9 })],
    });
    peer.replicate = async (batch) => {
      await replica.apply({
        from: 'old',
        epoch: START - 9,
        sentAt: START,
        records: [record('late', 1, { epoch: START - 9 })],
      });
      return replica.apply(batch);
    };
    expect((await recover({ store, peer, clock, retentionMs: RETENTION_MS })).recoveredFrom).toBe(peer.store.id);
    expect((await store.get('late'))?.record.value).toBe('1');
    const late = replica.apply({ from: 'old', epoch: START - 9, sentAt: START, records: [] });
    await expect(late).rejects.toMatchObject({ code: 'stale_epoch' });
  });

  test('does not claim to equal a replica that was lost meanwhile', async () => {
    const [store, peer, clock] = [memoryStore(1e9), new TestPeer(), new TestClock()];
    await peer.store.apply(record('k', 1));
    const { replicate } = peer;
    peer.replicate = (batch) => {
      const reborn = new TestPeer();
      Object.assign(peer, {
        store: reborn.store,
        digest: reborn.digest,
        stamps: reborn.stamps,
        records: reborn.records,
      });
      return replicate.call(peer, batch);
    };
    expect(await recover({ store, peer, clock, retentionMs: RETENTION_MS })).toEqual({ epoch: expect.any(Number) });
    expect(await store.get('k')).toBeDefined();
  });

  test('goes on where it can when the replica stops answering half way', async () => {
    const [store, peer, clock] = [memoryStore(1e9), new TestPeer(), new TestClock()];
    for (let i = 0; i < 3000; i++) await peer.store.apply(record(`k${i}`, 1));
    clock.sleep = async (ms = 0) => {
      clock.time += ms;
      peer.down = undefined;
    };
    const { records } = peer;
    let calls = 0;
    peer.records = (question) => {
      if (++calls === 3) peer.down = 'cut';
      return records(question);
    };
    expect((await recover({ store, peer, clock, retentionMs: RETENTION_MS })).recoveredFrom).toBe(peer.store.id);
    await alike(store, peer.store);
  });
});

describe('a primary that was replaced', () => {
  test('is told so by the replica, says so, and takes no more writes', async () => {
    const { primary, peer, put, clock } = testPrimary();
    const replica = createReplica({
      store: peer.store,
      clock,
      log: { warn() {}, error() {} },
      faultOf: () => undefined,
    });
    await replica.apply({ from: 'other', epoch: START + 5, sentAt: START, records: [] });
    peer.replicate = async (batch) => {
      const { PeerError } = await import('../../../lib/peer/peer.ts');
      return replica.apply(batch).catch((error) => {
        throw new PeerError(error.message, error.extra.highestEpoch);
      });
    };
    expect((await put('k')).delivery).toMatchObject({ replicated: false });
    expect(primary.replica.fencedBy).toBe(START + 5);
    await expect(put('k')).rejects.toMatchObject({ code: 'not_primary', extra: { fencedBy: START + 5 } });
  });
});

describe('what is dead', () => {
  test('is forgotten on both nodes after the retention, once both have it; versions never return', async () => {
    const { primary, store, peer, clock, put } = testPrimary();
    await put('deleted');
    await primary.write({ key: 'deleted' });
    await primary.write({ key: 'expired', value: '1', ttl: 1 });
    await put('kept');
    clock.time += RETENTION_MS;
    expect(await primary.repair(60_000)).toMatchObject({ forgotten: 0 });
    clock.time += 2000;
    expect(await primary.repair(60_000)).toMatchObject({ forgotten: 2, keysDiffering: 0 });
    for (const node of [store, peer.store]) {
      expect(await node.get('deleted')).toBeUndefined();
      expect(await node.get('expired')).toBeUndefined();
      expect(await node.get('kept')).toBeDefined();
    }
    await alike(store, peer.store);
    expect((await put('deleted')).record.version).toBe(3);
  });

  test('is kept while the replica does not have it', async () => {
    const { primary, store, peer, clock, put } = testPrimary();
    await put('k');
    peer.refuses = () => 'refused';
    await primary.write({ key: 'k' });
    clock.time += 2 * RETENTION_MS;
    await primary.repair(60_000);
    expect(await store.get('k')).toBeDefined();
  });

  test('cannot come back by a message from before it died', async () => {
    const [store, clock] = [memoryStore(1e9), new TestClock()];
    const replica = createReplica({ store, clock, log: { warn() {}, error() {} }, faultOf: () => undefined });
    const message = (sentAt: number, records: object[], more = {}) =>
      replica.apply({ from: 'p', epoch: START, sentAt, records: records as never, ...more });
    const { value: _, ...tombstone } = record('k', 2, { updatedAt: START + 10 });
    await message(START + 10, [tombstone]);
    await message(START + 100, [], { forget: [tombstone], forgetBefore: START + 50 });
    expect((await message(START + 5, [record('k', 1)])).answers).toEqual([
      { outcome: 'failed', error: expect.stringContaining('too late') },
    ]);
    expect(await store.get('k')).toBeUndefined();
    expect((await message(START + 60, [record('other', 1)])).answers).toEqual([{ outcome: 'applied' }]);
  });
});
