// An in-memory node takes a write of its own from the list that it has superseded itself in a later epoch.
import { expect, test } from '@jest/globals';
import { divergentKey, listing } from '../../../lib/divergent.ts';
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

test('P9 R9 what these contents wrote and overwrote is dismissed, and that is owed to the other node', async () => {
  const store = memoryStore(1e9);
  const listed = await listedOf(store);
  await store.apply(listed);
  expect(await store.divergentCount()).toBe(0);
  const { entries } = await store.backlog({ limit: 10 });
  expect(entries.map(({ record }) => record.key)).toContain(divergentKey({ ...listed, key: 'k' }));
});

test('P9 R9 it stays where these contents may have forgotten whom they saw in between', async () => {
  const store = memoryStore(1e9);
  const listed = await listedOf(store);
  await store.apply({ key: 'gone', epoch: EPOCH, version: 1, updatedAt: EPOCH });
  expect(await store.forget({ before: EPOCH + 1, epoch: EPOCH + 2, now: EPOCH + 2 })).toBe(1);
  await store.apply(listed);
  expect(await store.divergentCount()).toBe(1);
});
