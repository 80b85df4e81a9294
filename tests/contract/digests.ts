// The store contract: digests, and the heads of buckets.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ALL_GROUPS, BUCKETS_PER_GROUP, bucketOf, bucketsOfGroup, digestOf, groupSums } from '../../lib/digest.ts';
import { writerOf } from '../../lib/store/base.ts';
import { change, copy, differing, type Fixture, NOW, written } from './fixture.ts';

export function digestsContract(f: Fixture): void {
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
            // Of these contents, so that it makes nothing divergent.
            if (act === 'apply') await target.apply(copy(key, n, { writer: writerOf(target.id) }));
            else await target.write(change(key, act === 'put' ? `${n}` : undefined));
          }
          const expected = new Map<number, bigint>();
          for (const key of ['a', 'b', 'c', 'd']) {
            const entry = await target.get(key);
            const sum = (expected.get(bucketOf(key)) ?? 0n) + (entry ? digestOf(entry.record) : 0n);
            expected.set(bucketOf(key), BigInt.asUintN(64, sum));
          }
          await f.eventually(async () => {
            const digests = await target.digests(ALL_GROUPS);
            for (const [bucket, digest] of expected) expect(digests[bucket]).toBe(digest);
            expect(digests.filter((digest) => digest !== 0n)).toHaveLength(
              [...expected.values()].filter((sum) => sum !== 0n).length,
            );
          });
        }),
        f.runs,
      );
    });

    test('of some groups are those groups’ part, in the order in which they are asked for', async () => {
      const keys = Array.from({ length: 60 }, (_, i) => `key-${i}`);
      await Promise.all(keys.map((key) => f.put(key)));
      await f.store.write(change('key-1'));
      const held = [...new Set(keys.map((key) => Math.floor(bucketOf(key) / BUCKETS_PER_GROUP)))];
      const groups = [held[5], held[0], ...ALL_GROUPS.filter((group) => !held.includes(group)).slice(0, 2), held[9]];
      await f.eventually(async () => {
        const all = await f.store.digests(ALL_GROUPS);
        const some = await f.store.digests(groups as number[]);
        expect([...some]).toEqual(groups.flatMap((group) => [...bucketsOfGroup(all, group as number)]));
        expect(some.filter((digest) => digest !== 0n).length).toBeGreaterThanOrEqual(3);
        expect(await f.store.digests([])).toHaveLength(0);
      });
    });

    differing('are kept summed up by group', f.engine.differences?.readsToCompare, {
      async test() {
        expect(await f.store.groupSums()).toEqual(ALL_GROUPS.map(() => 0n));
        for (let i = 0; i < 30; i++) await f.put(`key-${i}`);
        await f.store.write(change('key-1'));
        await f.store.apply(copy('key-2', 9));
        expect(await f.store.groupSums()).toEqual(groupSums(await f.store.digests(ALL_GROUPS)));
      },
      async otherwise() {
        await f.put('k');
        expect(await f.store.groupSums()).toBeUndefined();
      },
    });
  });

  describe('headsIn', () => {
    test('gives every entry of the buckets, and no other', async () => {
      const keys = Array.from({ length: 30 }, (_, i) => `key-${i}`);
      for (const key of keys) await f.put(key);
      await f.store.write(change('key-3'));
      const buckets = [...new Set(keys.slice(0, 5).map(bucketOf))];
      await f.eventually(async () => {
        const found = await f.pages((cursor) => f.store.headsIn(buckets, cursor));
        expect(found.flat().sort()).toEqual(keys.filter((key) => buckets.includes(bucketOf(key))).sort());
      });
    });

    test('says what each is: its stamp, since when it is dead, and how its copy is doing', async () => {
      const stamp = (await f.put('failed')).record;
      await f.store.settle(stamp, { at: NOW, durationMs: 0, outcome: 'failed', error: 'refused' }, NOW + 99);
      await f.acknowledge(await f.put('acknowledged', '1', { expiresAt: NOW + 5 }));
      await f.put('deleted');
      await f.acknowledge(written(await f.store.write(change('deleted', undefined, { now: NOW + 3 }))));
      // Written by a clock that was ahead of the time at which it expires.
      await f.put('expired before', '1', { now: NOW + 8, expiresAt: NOW + 2 });
      await f.store.apply(copy('applied', 4));
      const { value: _, ...tombstone } = copy('buried', 2, { updatedAt: NOW + 1 });
      await f.store.apply(tombstone);
      const head = (key: string, more: object) => ({ key, epoch: stamp.epoch, updatedAt: NOW, ...more });
      const expected = [
        head('acknowledged', { version: 1, deadAt: NOW + 5, status: 'replicated' }),
        head('applied', { version: 4 }),
        head('buried', { version: 2, updatedAt: NOW + 1, deadAt: NOW + 1 }),
        head('deleted', { version: 2, updatedAt: NOW + 3, deadAt: NOW + 3, status: 'replicated' }),
        head('expired before', { version: 1, updatedAt: NOW + 8, deadAt: NOW + 8, status: 'pending' }),
        head('failed', { version: 1, status: 'replication_failed' }),
      ];
      await f.eventually(async () => {
        const { heads } = await f.store.headsIn(expected.map(({ key }) => bucketOf(key)));
        expect(heads.toSorted((a, b) => (a.key < b.key ? -1 : 1))).toEqual(expected);
      });
    });

    test('gives long keys in pages that join up', async () => {
      const keys = Array.from({ length: 300 }, (_, i) => `${1000 + i}`.padEnd(1024, '-'));
      for (let i = 0; i < keys.length; i += 50)
        await Promise.all(keys.slice(i, i + 50).map((key, n) => f.store.apply(copy(key, 1 + ((i + n) % 2)))));
      await f.put(keys[0] as string);
      await f.store.write(change(keys[0] as string));
      const buckets = [...new Set(keys.map(bucketOf))];
      await f.eventually(async () => {
        const found = await f.pages((cursor) => f.store.headsIn(buckets, cursor));
        expect(found.length).toBeGreaterThan(1);
        for (const page of found) expect(page.join('').length).toBeLessThanOrEqual(257 * 1024);
        expect(
          found
            .flat()
            .map((key) => key.slice(0, 4))
            .sort(),
        ).toEqual(keys.map((key) => key.slice(0, 4)));
      });
    });
  });
}
