// A primary that has started without its replica, with a clock that is behind that of another primary.
import { expect, test } from '@jest/globals';
import { ReplicaState } from '../../../lib/replication/replica-state.ts';
import { memoryStore } from '../../../lib/store/memory/store.ts';
import { START, testPrimary } from '../../support/replication.ts';

/** Its replica holds a record of that other primary, with the stamp that its own record has. */
async function inTheEpochOf(other: number) {
  const node = testPrimary(memoryStore(1e9), new ReplicaState({ hasStartedAlone: true }));
  const { peer, put } = node;
  peer.down = 'replica unreachable';
  await put('k', 'second');
  await peer.store.raiseEpoch(other, 'first');
  await peer.store.apply({ key: 'k', value: '"first"', epoch: other, version: 1, updatedAt: START });
  peer.down = undefined;
  return node;
}

test('P2 R3 in the very same epoch it leads no more: its records may have the stamps of others, and `same` would acknowledge these', async () => {
  const { primary, lead, peer, put, status } = await inTheEpochOf(START);
  expect(await put('own')).toMatchObject({
    delivery: { replicated: false, error: expect.stringContaining('was replaced') },
  });
  expect(lead.lostTo).toEqual([START]);
  await expect(put('own')).rejects.toMatchObject({ code: 'not_primary' });
  await primary.repair(60_000);
  for (const key of ['k', 'own']) expect(await status(key)).not.toBe('replicated');
  expect((await peer.store.get('k'))?.record.value).toBe('"first"');
});

test('P4 R3 above an epoch that the first replica which it meets has seen it begins one of its own', async () => {
  const { primary, lead, put } = await inTheEpochOf(START + 4);
  expect(await put('own')).toMatchObject({ delivery: { replicated: true } });
  expect(primary.epoch).toBe(START + 6);
  expect(lead.isHeld()).toBe(true);
});

test('R4 of a later epoch that a replica has seen which it knows already it steps down', async () => {
  const { primary, lead, peer, put } = testPrimary();
  await put('k');
  await peer.store.raiseEpoch(START + 4, 'another');
  expect(await put('k')).toMatchObject({ delivery: { replicated: false } });
  expect([primary.epoch, lead.lostTo]).toEqual([START, [START + 4]]);
});
