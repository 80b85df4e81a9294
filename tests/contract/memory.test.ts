import { expect, test } from '@jest/globals';
import { memoryStore } from '../../lib/store/memory.ts';
import { storeContract } from './store.ts';

storeContract({ name: 'memory', create: async () => memoryStore(1024 * 1024 * 1024) });

test('a full memory store refuses what does not fit, loses nothing, and takes it once there is room', async () => {
  const store = memoryStore(11_000);
  const write = (key: string, value?: string) =>
    store.write({ key, epoch: 1, now: 1, leaseUntil: 1, ...(value !== undefined && { value }) });
  const large = `"${'x'.repeat(4000)}"`;
  await write('a', large);
  await write('b', large);
  const before = await store.digests();
  await expect(write('c', large)).rejects.toMatchObject({ code: 'store_full' });
  await expect(store.apply({ key: 'd', value: large, epoch: 1, version: 1, updatedAt: 1 })).rejects.toMatchObject({
    code: 'store_full',
  });
  await expect(write('a', `"${'x'.repeat(8000)}"`)).rejects.toMatchObject({ code: 'store_full' });
  expect(await store.digests()).toEqual(before);
  expect((await store.get('a'))?.record).toMatchObject({ version: 1, value: large });
  expect(await store.backlogSize()).toMatchObject({ count: 2 });
  await write('b');
  expect((await write('c', large)).outcome).toBe('written');
});
