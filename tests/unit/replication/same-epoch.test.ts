// A primary that has started without its replica, with a clock that gave it the epoch of another primary.
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

test('P2 it counts as replaced: its records may have the stamps of others, and `same` would acknowledge these', async () => {
  const { primary, peer, put, status } = await inTheEpochOf(START);
  expect(await put('own')).toMatchObject({
    delivery: { replicated: false, error: expect.stringContaining('was replaced') },
  });
  await expect(put('own')).rejects.toMatchObject({ code: 'not_primary' });
  await primary.repair(60_000);
  for (const key of ['k', 'own']) expect(await status(key)).toBe('replication_failed');
  expect((await peer.store.get('k'))?.record.value).toBe('"first"');
});

test('P4 above an epoch of another number it begins one of its own', async () => {
  const { primary, put } = await inTheEpochOf(START + 4);
  expect(await put('own')).toMatchObject({ delivery: { replicated: true } });
  expect(primary.epoch).toBeGreaterThan(START + 4);
});
