// The store contract: pages of keys, digests, identity.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bucketOf, digestOf } from '../../lib/digest.ts';
import type { Store } from '../../lib/store/store.ts';
import { change, copy, FEW_RUNS, type Fixture, NOW } from './fixture.ts';

export function queriesContract(f: Fixture): void {
  describe('list', () => {
    const list = (query: Partial<Parameters<Store['list']>[0]> = {}) =>
      f.store.list({ prefix: '', limit: 1000, now: NOW, ...query });

    test('gives live keys in UTF-8 byte order', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.uniqueArray(fc.string({ unit: 'binary', minLength: 1, maxLength: 4 }), { maxLength: 12 }),
          async (keys) => {
            const target = await f.create();
            for (const key of keys) await target.write(change(key, '1'));
            const { entries } = await target.list({ prefix: '', limit: 1000, now: NOW });
            const inBytes = keys
              .map((key) => Buffer.from(key))
              .sort(Buffer.compare)
              .map(String);
            expect(entries.map(({ record }) => record.key)).toEqual(inBytes);
          },
        ),
        FEW_RUNS,
      );
    });

    test('leaves out what is deleted or expired', async () => {
      for (const key of ['a', 'b', 'c']) await f.put(key);
      await f.store.write(change('b'));
      await f.put('d', '1', { expiresAt: NOW + 5 });
      expect((await list()).entries.map(({ record }) => record.key)).toEqual(['a', 'c', 'd']);
      expect(await f.store.count(NOW)).toBe(3);
      expect((await list({ now: NOW + 5 })).entries.map(({ record }) => record.key)).toEqual(['a', 'c']);
      expect(await f.store.count(NOW + 5)).toBe(2);
      await f.put('d', '2', { now: NOW + 6 });
      expect(await f.store.count(NOW + 6)).toBe(3);
    });

    test('finds a key again when the clock that had it expired was put back', async () => {
      await f.put('k', '1', { expiresAt: NOW + 5 });
      expect(await f.store.count(NOW + 10)).toBe(0);
      expect((await list()).entries).toHaveLength(1);
      expect(await f.store.count(NOW)).toBe(1);
      expect(await f.store.count(NOW + 10)).toBe(0);
    });

    test('keeps to the prefix', async () => {
      for (const key of ['a', 'a/1', 'a/2', 'a0', 'b', 'é', 'é1']) await f.put(key);
      expect((await list({ prefix: 'a/' })).entries.map(({ record }) => record.key)).toEqual(['a/1', 'a/2']);
      expect((await list({ prefix: 'é' })).entries.map(({ record }) => record.key)).toEqual(['é', 'é1']);
      expect((await list({ prefix: 'zz' })).entries).toEqual([]);
    });

    test('pages join up, and stay valid while keys come and go', async () => {
      const keys = Array.from({ length: 25 }, (_, i) => `k${String(i).padStart(2, '0')}`);
      for (const key of keys) await f.put(key);
      const inPages = await f.pages((cursor) =>
        list({ prefix: 'k', limit: 10, ...(cursor !== undefined && { cursor }) }),
      );
      expect(inPages.map(({ length }) => length)).toEqual([10, 10, 5]);
      expect(inPages.flat()).toEqual(keys);

      const { cursor } = await list({ limit: 10 });
      await f.store.write(change('k09'));
      await f.put('k095');
      const next = await list({ limit: 10, cursor: cursor as string });
      expect(next.entries[0]?.record.key).toBe('k095');
    });

    test('a page that holds exactly the rest has no cursor', async () => {
      for (const key of ['a', 'b']) await f.put(key);
      expect(await list({ limit: 2 })).not.toHaveProperty('cursor');
    });
  });

  describe('digests', () => {
    test('are the sums of the records in each bucket, whatever happened on the way', async () => {
      const operation = fc.record({
        key: fc.constantFrom('a', 'b', 'c', 'd'),
        act: fc.constantFrom('put', 'delete', 'apply'),
        n: fc.integer({ min: 1, max: 9 }),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(operation, { maxLength: 20 }), async (operations) => {
          const target = await f.create();
          for (const { key, act, n } of operations) {
            if (act === 'apply') await target.apply(copy(key, n));
            else await target.write(change(key, act === 'put' ? `${n}` : undefined));
          }
          const expected = new Map<number, bigint>();
          for (const key of ['a', 'b', 'c', 'd']) {
            const entry = await target.get(key);
            if (entry)
              expected.set(
                bucketOf(key),
                BigInt.asUintN(64, (expected.get(bucketOf(key)) ?? 0n) + digestOf(entry.record)),
              );
          }
          const digests = await target.digests();
          for (const [bucket, digest] of expected) expect(digests[bucket]).toBe(digest);
          expect(digests.filter((digest) => digest !== 0n)).toHaveLength(
            [...expected.values()].filter((sum) => sum !== 0n).length,
          );
        }),
        FEW_RUNS,
      );
    });

    test('entriesIn gives every entry of the buckets, and no other', async () => {
      const keys = Array.from({ length: 30 }, (_, i) => `key-${i}`);
      for (const key of keys) await f.put(key);
      await f.store.write(change('key-3'));
      const buckets = [...new Set(keys.slice(0, 5).map(bucketOf))];
      const found = await f.pages((cursor) => f.store.entriesIn(buckets, cursor));
      expect(found.flat().sort()).toEqual(keys.filter((key) => buckets.includes(bucketOf(key))).sort());
    });
  });

  test('the highest epoch only rises', async () => {
    expect(await f.store.highestEpoch()).toBe(0);
    expect(await f.store.raiseEpoch(5)).toBe(5);
    expect(await f.store.raiseEpoch(3)).toBe(5);
    expect(await f.store.highestEpoch()).toBe(5);
  });

  test('each store has an id of its own', async () => {
    expect(f.store.id).not.toBe((await f.create()).id);
  });
}
