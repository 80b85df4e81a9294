// A write that the same contents have overwritten in a later epoch is taken from the list (tests/contract/divergent-seen.ts), but
// not where a node in memory has forgotten anything since.
import { expect, test } from '@jest/globals';
import { listing } from '../../../lib/divergent.ts';
import type { StoredRecord } from '../../../lib/record.ts';
import { memoryStore } from '../../../lib/store/memory/store.ts';
import type { Store } from '../../../lib/store/store.ts';
import { change, written } from '../../contract/fixture.ts';

const EPOCH = 1000;

/** The other node lists the first of two writes, which has reached it late. */
async function listedOf(store: Store): Promise<StoredRecord> {
  const { record } = written(await store.write(change('k', '1', { epoch: EPOCH })));
  written(await store.write(change('k', '2', { epoch: EPOCH + 2 })));
  return listing(record, true);
}

test('P9 R9 it stays where these contents may have forgotten whom they saw in between', async () => {
  const store = memoryStore(1e9);
  const listed = await listedOf(store);
  await store.apply({ key: 'gone', epoch: EPOCH, version: 1, updatedAt: EPOCH });
  expect(await store.forget({ before: EPOCH + 1, epoch: EPOCH + 2, now: EPOCH + 2 })).toBe(1);
  await store.apply(listed);
  expect(await store.divergentCount()).toBe(1);
});
