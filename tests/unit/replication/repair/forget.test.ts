// When both nodes forget what is dead.
import { describe, expect, test } from '@jest/globals';
import { PeerError } from '../../../../lib/peer/peer.ts';
import { expectAlike } from '../../../support/records.ts';
import { RETENTION_MS, testPrimary } from '../../../support/replication.ts';

describe('what is dead', () => {
  test('P3 is forgotten on both nodes after the retention, once both have it, with a new epoch: its stamps never return', async () => {
    const { primary, store, peer, clock, put } = testPrimary();
    await put('deleted');
    await primary.write({ key: 'deleted' });
    await primary.write({ key: 'expired', value: '1', expiry: { ttl: 1 } });
    await put('kept');
    clock.time += RETENTION_MS - 2000;
    expect(await primary.repair(60_000)).toMatchObject({ forgotten: 0 });
    const { epoch } = primary;
    clock.time += 4000;
    expect(await primary.repair(60_000)).toMatchObject({ forgotten: 2, keysDiffering: 0 });
    for (const node of [store, peer.store]) {
      expect(await node.get('deleted')).toBeUndefined();
      expect(await node.get('expired')).toBeUndefined();
      expect(await node.get('kept')).toBeDefined();
    }
    await expectAlike(store, peer.store);
    expect(primary.epoch).toBeGreaterThan(epoch);
    expect((await put('deleted')).record).toMatchObject({ version: 1, epoch: primary.epoch });
  });

  test('P4 is kept while the replica does not have it', async () => {
    const { primary, store, peer, clock, put } = testPrimary();
    await put('k');
    peer.refuses = () => 'refused';
    await primary.write({ key: 'k' });
    clock.time += 2 * RETENTION_MS;
    await primary.repair(60_000);
    expect(await store.get('k')).toBeDefined();
  });

  test('P3 is kept while the new epoch has not reached the replica', async () => {
    const { primary, store, peer, clock, put } = testPrimary();
    await put('k');
    await primary.write({ key: 'k' });
    clock.time += 2 * RETENTION_MS;
    const { replicate } = peer;
    const { epoch } = primary;
    peer.replicate = async (batch) => {
      if (batch.compared) throw new PeerError('replica timed out');
      return replicate.call(peer, batch);
    };
    expect(await primary.repair(60_000)).toMatchObject({ forgotten: 0, stoppedBy: 'replica timed out' });
    expect(primary.epoch).toBe(epoch);
    expect(await store.get('k')).toBeDefined();
  });

  test('P3 the primary goes on in the new epoch when the answer that it has begun was lost', async () => {
    const { primary, peer, clock, lead, put } = testPrimary();
    await put('k');
    clock.time += 2 * RETENTION_MS;
    const { replicate } = peer;
    peer.replicate = async (batch) => {
      const answer = await replicate.call(peer, batch);
      if (batch.after !== undefined) throw new PeerError('replica timed out');
      return answer;
    };
    await primary.repair(60_000);
    expect((await put('k')).delivery).toEqual({ replicated: true });
    const seen = await peer.store.highestEpoch();
    expect(primary.epoch).toBe(seen.epoch);
    expect(lead.isHeld()).toBe(true);
  });
});
