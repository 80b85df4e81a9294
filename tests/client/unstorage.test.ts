// The driver for unstorage, after what its documentation says of drivers, on a real pair.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createStorage, type Driver, prefixStorage, type Storage } from 'unstorage';
import { type Client, createClient } from '../../client/client.ts';
import { unstorageDriver } from '../../client/unstorage.ts';
import { type Pair, startPair } from '../support/nodes.ts';
import { until } from '../support/until.ts';

let nodes: Pair;
let kv: Client;
beforeAll(async () => {
  nodes = await startPair({}, { serve: {} });
  kv = createClient({ primary: nodes.primary.url, replica: nodes.replica.url });
});
afterAll(() => nodes?.stop());

let storage: Storage;
beforeEach(async () => {
  // Its type is held against that of unstorage here.
  const driver: Driver = unstorageDriver(kv, { base: 'store' });
  storage = createStorage({ driver });
  await storage.clear();
});

describe('items', () => {
  test.each([
    ['text', 'text'],
    ['a number', 7],
    ['an object', { a: [1, null] }],
    ['a list', [1, 2]],
    ['false', false],
  ])('%s comes back as it was set', async (_, value) => {
    await storage.setItem('dir:item', value as never);
    expect(await storage.getItem('dir:item')).toEqual(value);
    expect(await storage.hasItem('dir:item')).toBe(true);
    expect((await kv.get('store:dir:item'))?.value).toEqual(expect.any(String));
  });

  test('an item that is not there is null, and one that is removed is not there', async () => {
    expect(await storage.getItem('absent')).toBeNull();
    expect(await storage.hasItem('absent')).toBe(false);
    await storage.setItem('a', 1);
    await storage.removeItem('a');
    await storage.removeItem('a');
    expect(await storage.getItem('a')).toBeNull();
    expect(await storage.getMeta('a')).toEqual({});
  });

  test('bytes come back as they were set', async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
    await storage.setItemRaw('raw', bytes);
    expect(Uint8Array.from((await storage.getItemRaw('raw')) ?? [])).toEqual(bytes);
  });

  test('many are set and read at once', async () => {
    const items = Array.from({ length: 120 }, (_, i) => ({ key: `many:${i}`, value: { i } }));
    await storage.setItems(items);
    const read = await storage.getItems([...items.map(({ key }) => key), 'absent']);
    expect(read).toEqual([...items, { key: 'absent', value: null }]);
  });

  test('a time to live is that of the item, else that of the driver', async () => {
    const driver = unstorageDriver(kv, { base: 'ttl:', ttl: 100 });
    const timed = createStorage({ driver });
    await timed.setItem('a', 1);
    await timed.setItem('b', 1, { ttl: 50 });
    await timed.setItems([{ key: 'c', value: 1 as never, options: { ttl: 7 } }]);
    for (const [key, ttl] of [
      ['a', 100],
      ['b', 50],
      ['c', 7],
    ] as const) {
      const { expiresAt = '', updatedAt = '' } = (await kv.get(`ttl:${key}`)) ?? {};
      expect(Date.parse(expiresAt) - Date.parse(updatedAt)).toBe(ttl * 1000);
    }
    expect(await timed.getMeta('b')).toMatchObject({ mtime: expect.any(Date), ttl: expect.any(Number), version: 1 });
  });

  test('meta data of its own stands beside an item', async () => {
    await storage.setItem('a', 1);
    await storage.setMeta('a', { flag: 1 });
    expect(await storage.getMeta('a')).toMatchObject({ flag: 1, mtime: expect.any(Date), etag: expect.any(String) });
  });
});

describe('keys', () => {
  beforeEach(async () => {
    await storage.setItems(['a', 'b:c', 'b:d:e', 'bc'].map((key) => ({ key, value: 1 as never })));
  });

  test('all of them, those below a base, and those not too deep', async () => {
    expect((await storage.getKeys()).sort()).toEqual(['a', 'b:c', 'b:d:e', 'bc']);
    expect((await storage.getKeys('b')).sort()).toEqual(['b:c', 'b:d:e']);
    expect((await storage.getKeys('b', { maxDepth: 1 })).sort()).toEqual(['b:c']);
    expect((await prefixStorage(storage, 'b').getKeys()).sort()).toEqual(['c', 'd:e']);
  });

  test('are cleared with one call, below a base too, and no others', async () => {
    await kv.put('stored', 1);
    await storage.getMount('').driver.clear?.('b:', {});
    expect((await storage.getKeys()).sort()).toEqual(['a', 'bc']);
    await storage.clear();
    expect(await storage.getKeys()).toEqual([]);
    expect(await kv.get('stored')).toBeDefined();
  });

  test('are not all cleared where that would be every key of the nodes', async () => {
    const all = createStorage({ driver: unstorageDriver(kv) });
    await expect(all.clear()).rejects.toThrow('This would delete every key');
    expect(await all.getKeys('store')).toContain('store:a');
  });

  test('of a mounted driver are those of its mount', async () => {
    const mounted = createStorage().mount('/there', unstorageDriver(kv, { base: 'store' }));
    expect((await mounted.getKeys('there')).sort()).toEqual(['there:a', 'there:b:c', 'there:b:d:e', 'there:bc']);
  });
});

describe('watching', () => {
  test('tells what anyone changes, until it is ended', async () => {
    const events: string[] = [];
    const unwatch = await storage.watch((event, key) => events.push(`${event} ${key}`));
    await kv.put('store:a:b', 'x');
    await kv.delete('store:a:b');
    await kv.put('elsewhere', 1);
    await kv.put('store:last', 1);
    await until(() => events.includes('update last'));
    expect(events.filter((event) => event.endsWith('a:b')).at(-1)).toBe('remove a:b');
    expect(events.join()).not.toContain('elsewhere');
    await unwatch();
    await storage.dispose();
  });

  test('says why it has ended, where it could not go on', async () => {
    const errors: unknown[] = [];
    const impatient = createClient({ primary: nodes.primary.url, retry: false });
    const driver = unstorageDriver(impatient, { base: 'store', onWatchError: (error) => errors.push(error) });
    await driver.watch(() => {
      throw new RangeError('This listener fails.');
    });
    await kv.put('store:a', 1);
    await until(() => errors.length > 0);
    expect(errors).toEqual([new RangeError('This listener fails.')]);
    driver.dispose();
  });
});
