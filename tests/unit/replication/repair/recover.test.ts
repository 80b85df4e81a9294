// How a primary that starts empty takes back what its replica holds.
import { describe, expect, test } from '@jest/globals';
import { recover } from '../../../../lib/replication/repair/recover.ts';
import { createReplica } from '../../../../lib/replication/replica.ts';
import { memoryStore } from '../../../../lib/store/memory/store.ts';
import { expectAlike, recordOf } from '../../../support/records.ts';
import { RETENTION_MS, START, TestClock, TestPeer } from '../../../support/replication.ts';

describe('a primary that starts empty', () => {
  test('P5 takes back what the replica holds, tombstones too, and begins a higher epoch', async () => {
    const [store, peer, clock] = [memoryStore(1e9), new TestPeer(), new TestClock()];
    const ahead = START + 1_000_000;
    await peer.store.raiseEpoch(ahead);
    for (let i = 0; i < 1500; i++) await peer.store.apply(recordOf(`k${i}`, 7));
    const { value: _, ...tombstone } = recordOf('gone', 2);
    await peer.store.apply(tombstone);
    expect(await recover({ store, peer, clock, retentionMs: RETENTION_MS })).toEqual({
      epoch: ahead + 1,
      recoveredFrom: peer.store.id,
    });
    await expectAlike(store, peer.store);
    expect(await store.backlogSize()).toEqual({ count: 0 });
  });

  test('serves after a while when nobody answers', async () => {
    const [store, peer, clock] = [memoryStore(1e9), new TestPeer(), new TestClock()];
    peer.down = 'replica unreachable';
    clock.sleep = async (ms = 0) => {
      clock.time += ms;
    };
    expect(await recover({ store, peer, clock, retentionMs: RETENTION_MS })).toEqual({ epoch: expect.any(Number) });
    expect(clock.time - START).toBeGreaterThanOrEqual(5000);
    expect(clock.time - START).toBeLessThan(6000);
  });

  test('P5 also takes what the primary before it still got through, which from then on is refused', async () => {
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
      records: [recordOf('k', 1, { epoch: START - 9 })],
    });
    peer.replicate = async (batch) => {
      await replica.apply({
        from: 'old',
        epoch: START - 9,
        sentAt: START,
        records: [recordOf('late', 1, { epoch: START - 9 })],
      });
      return replica.apply(batch);
    };
    expect((await recover({ store, peer, clock, retentionMs: RETENTION_MS })).recoveredFrom).toBe(peer.store.id);
    expect((await store.get('late'))?.record.value).toBe('1');
    const late = replica.apply({ from: 'old', epoch: START - 9, sentAt: START, records: [] });
    await expect(late).rejects.toMatchObject({ code: 'stale_epoch' });
  });

  test('P2 does not claim to equal a replica that was lost meanwhile', async () => {
    const [store, peer, clock] = [memoryStore(1e9), new TestPeer(), new TestClock()];
    await peer.store.apply(recordOf('k', 1));
    const { replicate } = peer;
    peer.replicate = (batch) => {
      peer.replaceStore();
      return replicate.call(peer, batch);
    };
    expect(await recover({ store, peer, clock, retentionMs: RETENTION_MS })).toEqual({ epoch: expect.any(Number) });
    expect(await store.get('k')).toBeDefined();
  });

  test('P5 goes on where it can when the replica stops answering half way', async () => {
    const [store, peer, clock] = [memoryStore(1e9), new TestPeer(), new TestClock()];
    for (let i = 0; i < 3000; i++) await peer.store.apply(recordOf(`k${i}`, 1));
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
    await expectAlike(store, peer.store);
  });
});
