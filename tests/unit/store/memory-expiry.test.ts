// Keys that expire in an in-memory store.
import { expect, test } from '@jest/globals';
import { memoryStore } from '../../../lib/store/memory/store.ts';
import { recordOf } from '../../support/records.ts';
import { START } from '../../support/replication.ts';

test('P8 many keys that expire at once are taken out of the listing in many turns of the event loop', async () => {
  const store = memoryStore(1e9);
  for (let i = 0; i < 20_500; i++) await store.apply({ ...recordOf(`k${i}`, 1), expiresAt: START + 1000 });
  expect(await store.count(START)).toMatchObject({ count: 20_500 });
  let turns = 0;
  let next = setImmediate(function count() {
    turns++;
    next = setImmediate(count);
  });
  const now = START + 2000;
  const found = await Promise.all([store.count(now), store.list({ prefix: '', limit: 10, now }), store.count(now)]);
  clearImmediate(next);
  expect(found).toEqual([{ count: 0, isAtLeast: false }, { heads: [] }, { count: 0, isAtLeast: false }]);
  expect(turns).toBeGreaterThanOrEqual(15);
});
