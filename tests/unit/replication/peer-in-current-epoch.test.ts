// What is not sent any more to the replica of a durable primary.
import { expect, test } from '@jest/globals';
import { PeerError } from '../../../lib/peer/peer.ts';
import type { Batch } from '../../../lib/peer/wire.ts';
import { peerInCurrentEpoch } from '../../../lib/replication/peer-in-current-epoch.ts';
import { startProcess } from '../../support/process.ts';
import { START } from '../../support/replication.ts';

test('P3 a batch that was held up is not sent any more: what it carries may have been deleted and forgotten', async () => {
  const { peer, currentEpoch, clock } = await startProcess();
  const sent = peerInCurrentEpoch(peer, currentEpoch, clock);
  const batch = (sentAt: number): Batch => ({ from: 'test', epoch: currentEpoch.value, sentAt, records: [] });
  const before = peer.batches.length;
  await expect(sent.replicate(batch(clock.time - 60_001))).rejects.toThrow(/out of date/);
  expect(peer.batches).toHaveLength(before);
  await sent.replicate(batch(clock.time - 59_000));
  expect(peer.batches).toHaveLength(before + 1);
});

test('P3 a batch that was held up while the replica refused its epoch is not sent again in the next one', async () => {
  const { peer, currentEpoch, store, clock } = await startProcess();
  const refusing = Object.assign(Object.create(peer), {
    replicate: async (batch: Batch) => {
      peer.batches.push(batch);
      await store.nodeState.claimEpoch(START + 9000);
      clock.time += 60_001;
      throw new PeerError('stale_epoch', START + 9000);
    },
  });
  const sent = peerInCurrentEpoch(refusing, currentEpoch, clock);
  const batch = { from: 'test', epoch: currentEpoch.value, sentAt: clock.time, records: [] };
  await expect(sent.replicate(batch)).rejects.toThrow(/out of date/);
  expect(peer.batches).toHaveLength(1);
});
