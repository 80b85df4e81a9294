// What a replica refuses.
import { expect, test } from '@jest/globals';
import { PeerError } from '../../../lib/peer/peer.ts';
import { createReplica } from '../../../lib/replication/replica.ts';
import { memoryStore } from '../../../lib/store/memory/store.ts';
import type { Store } from '../../../lib/store/store.ts';
import { durableStore } from '../../support/durable.ts';
import { startProcess } from '../../support/process.ts';
import { recordOf } from '../../support/records.ts';
import { START, TestClock, TestPeer, testPrimary } from '../../support/replication.ts';

const replicaOver = (store: Store) =>
  createReplica({ store, clock: new TestClock(), log: { warn() {}, error() {} }, faultOf: () => undefined });

test('P3 a primary that was replaced is refused, says so, and takes no more writes', async () => {
  const { primary, peer, put } = testPrimary();
  const replica = replicaOver(peer.store);
  await replica.apply({ from: 'other', epoch: START + 5, sentAt: START, records: [] });
  peer.replicate = (batch) =>
    replica.apply(batch).catch((error) => {
      throw new PeerError(error.message, error.extra.highestEpoch);
    });
  expect((await put('k')).delivery).toMatchObject({ replicated: false });
  expect(primary.replicaFacts.fencedBy).toBe(START + 5);
  await expect(put('k')).rejects.toMatchObject({ code: 'not_primary', extra: { fencedBy: START + 5 } });
});

test('P3 a record that died and was forgotten does not come back with a message from before it died', async () => {
  const store = memoryStore(1e9);
  const replica = replicaOver(store);
  const message = (sentAt: number, records: object[], more = {}) =>
    replica.apply({ from: 'p', epoch: START, sentAt, records: records as never, ...more });
  const { value: _, ...tombstone } = recordOf('k', 2, { updatedAt: START + 10 });
  await message(START + 10, [tombstone]);
  await message(START + 100, [], { forget: [tombstone], forgetBefore: START + 50 });
  expect((await message(START + 5, [recordOf('k', 1)])).answers).toEqual([
    { outcome: 'failed', error: expect.stringContaining('too late') },
  ]);
  expect(await store.get('k')).toBeUndefined();
  expect((await message(START + 60, [recordOf('other', 1)])).answers).toEqual([{ outcome: 'applied' }]);
});

test('P2 a replica that uses the table of its primary takes nothing: it would be its own copy', async () => {
  const store = durableStore();
  const { put } = await startProcess(store, new TestPeer(store));
  expect((await put('k')).delivery).toMatchObject({ replicated: false });
});
