// When both nodes forget what is dead.
import { describe, expect, test } from '@jest/globals';
import { expectAlike } from '../../../support/records.ts';
import { RETENTION_MS, testPrimary } from '../../../support/replication.ts';

describe('what is dead', () => {
  test('P3 is forgotten on both nodes after the retention, once both have it; versions never return', async () => {
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
    await expectAlike(store, peer.store);
    expect((await put('deleted')).record.version).toBe(3);
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
});
