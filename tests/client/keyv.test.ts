// The store for Keyv: Keyv's own suite for stores, and what that leaves open, on a real pair.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import keyvTestSuite, { keyvIteratorTests } from '@keyv/test-suite';
import { Keyv, type KeyvStoreAdapter } from 'keyv';
import { Keyv as Keyv6 } from 'keyv-6';
import { type Client, createClient } from '../../client/client.ts';
import { keyvStore } from '../../client/keyv.ts';
import { type Pair, startPair } from '../support/nodes.ts';

let nodes: Pair;
let kv: Client;
beforeAll(async () => {
  nodes = await startPair({}, { serve: {} });
  kv = createClient({ primary: nodes.primary.url, replica: nodes.replica.url });
});
afterAll(() => nodes?.stop());

/** The functions of a test framework, as Keyv's suite calls them: it hands each test its `expect`. */
const framework = {
  it: (name: string, run: (context: { expect: typeof expect }) => unknown) =>
    test(name, async () => void (await run({ expect }))),
  beforeEach,
  afterEach,
} as never;

describe("Keyv's own suite", () => {
  keyvTestSuite(framework, Keyv, () => keyvStore(kv));
  keyvIteratorTests(framework, Keyv, () => keyvStore(kv));
});

describe("Keyv's own suite, with a prefix", () => {
  keyvTestSuite(framework, Keyv, () => keyvStore(kv, { prefix: 'cache/' }));
  keyvIteratorTests(framework, Keyv, () => keyvStore(kv, { prefix: 'cache/' }));
});

describe('many at once', () => {
  const keyv = () => new Keyv({ store: keyvStore(kv, { prefix: 'many/' }), namespace: 'n', throwOnErrors: true });
  beforeEach(() => keyv().clear());

  test('are set, read, looked for and deleted in a request each, however many there are', async () => {
    const store = keyv();
    const entries = Array.from({ length: 150 }, (_, i) => ({ key: `k${i}`, value: i, ttl: 60_000 }));
    const keys = entries.map(({ key }) => key);
    expect(await store.setMany(entries)).toEqual(keys.map(() => true));
    expect(await store.getMany(keys)).toEqual(entries.map(({ value }) => value));
    expect(await store.hasMany(['k0', 'absent', 'k149'])).toEqual([true, false, true]);
    expect(await store.deleteMany(['k0', 'absent'])).toBe(false);
    expect(await store.deleteMany(['k1', 'k2'])).toBe(true);
    expect(await store.hasMany(['k0', 'k1', 'k2', 'k3'])).toEqual([false, false, false, true]);
  });

  test('are cleared with one call, and no others with them', async () => {
    const store = keyv();
    await kv.put('many/other:1', 'stays');
    await kv.put('manyother', 'stays');
    await store.setMany(Array.from({ length: 1100 }, (_, i) => ({ key: `${i}`, value: i })));
    await store.clear();
    const left = [];
    for await (const { key } of kv.list({ prefix: 'many' })) left.push(key);
    expect(left).toEqual(['many/other:1', 'manyother']);
  });
});

test('a time to live is rounded up to seconds in the store, and counts to the millisecond in Keyv', async () => {
  const keyv = new Keyv({ store: keyvStore(kv) });
  await keyv.set('short', 1, 1500);
  const { updatedAt = '', expiresAt = '' } = (await kv.get('keyv:short')) ?? {};
  expect(Date.parse(expiresAt) - Date.parse(updatedAt)).toBe(2000);
  await keyv.set('forever', 1, 1e15);
  expect(await keyv.get('forever')).toBe(1);
});

test('what would delete every key is refused', async () => {
  const keyv = new Keyv({ store: keyvStore(kv), namespace: '', throwOnErrors: true });
  await expect(keyv.clear()).rejects.toThrow('This would delete every key');
});

test('an error of the client is one of Keyv', async () => {
  const gone = createClient({ primary: 'http://127.0.0.1:1', retry: false });
  const errors: unknown[] = [];
  const keyv = new Keyv({ store: keyvStore(gone), throwOnErrors: true });
  keyv.on('error', (error) => errors.push(error));
  await expect(keyv.set('a', 1)).rejects.toMatchObject({ code: 'unreachable' });
  expect(errors).toMatchObject([{ code: 'unreachable' }]);
});

test('it is a store as the types of Keyv have it', () => {
  const store: Pick<KeyvStoreAdapter, 'get' | 'set' | 'delete' | 'clear' | 'has' | 'hasMany' | 'on' | 'opts'> =
    keyvStore(kv);
  expect(store.opts).toBeDefined();
});

test('Keyv 6 takes it, too', async () => {
  const [one, other] = ['one', 'other'].map((namespace) => {
    return new Keyv6({ store: keyvStore(kv, { prefix: 'six/' }), namespace, throwOnErrors: true });
  }) as [Keyv6, Keyv6];
  await one.set('a', { deep: [1] }, 60_000);
  await other.set('a', 2);
  expect(await one.get('a')).toEqual({ deep: [1] });
  expect(await one.setMany([{ key: 'b', value: 3 }])).toEqual([true]);
  expect(await one.getMany(['a', 'b', 'c'])).toEqual([{ deep: [1] }, 3, undefined]);
  expect(await one.has('b')).toBe(true);
  const found = [];
  for await (const [key] of one.iterator?.() ?? []) found.push(key);
  expect(found).toEqual(['a', 'b']);
  expect(await one.delete('b')).toBe(true);
  await one.clear();
  expect(await one.get('a')).toBeUndefined();
  expect(await other.get('a')).toBe(2);
});
