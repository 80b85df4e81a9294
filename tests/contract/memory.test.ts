import { expect, test } from '@jest/globals';
import { ALL_GROUPS, BUCKETS } from '../../lib/digest.ts';
import { memoryStore } from '../../lib/store/memory/store.ts';
import { storeContract } from './store.ts';

storeContract({
  name: 'memory',
  create: async () => memoryStore(1024 * 1024 * 1024),
  differences: { endsWithProcess: 'memory ends with its process, and with it the epoch of its primary' },
});

test('heads come in pages of 2,000', async () => {
  const store = memoryStore(1024 * 1024 * 1024);
  for (let i = 0; i < 2100; i++) await store.apply({ key: `${i}`, value: '1', epoch: 1, version: 1, updatedAt: 1 });
  const buckets = [...Array(BUCKETS).keys()];
  const first = await store.headsIn(buckets);
  const rest = await store.headsIn(buckets, first.cursor);
  expect([first.heads.length, rest.heads.length, rest.cursor]).toEqual([2000, 100, undefined]);
  expect(new Set([...first.heads, ...rest.heads].map(({ key }) => key)).size).toBe(2100);
});

test('a full memory store refuses what does not fit, loses nothing, and takes it once there is room', async () => {
  const store = memoryStore(11_000);
  const write = (key: string, value?: string) =>
    store.write({ key, epoch: 1, now: 1, inFlightUntil: 1, ...(value !== undefined && { contents: { value } }) });
  const large = `"${'x'.repeat(4000)}"`;
  await write('a', large);
  await write('b', large);
  const before = await store.digests(ALL_GROUPS);
  await expect(write('c', large)).rejects.toMatchObject({ code: 'store_full' });
  await expect(store.apply({ key: 'd', value: large, epoch: 1, version: 1, updatedAt: 1 })).rejects.toMatchObject({
    code: 'store_full',
  });
  await expect(write('a', `"${'x'.repeat(8000)}"`)).rejects.toMatchObject({ code: 'store_full' });
  expect(await store.digests(ALL_GROUPS)).toEqual(before);
  expect((await store.get('a'))?.record).toMatchObject({ version: 1, value: large });
  expect(await store.backlogSize()).toMatchObject({ count: 2 });
  await write('b');
  expect((await write('c', large)).outcome).toBe('written');
});
