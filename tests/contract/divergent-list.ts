// The store contract: the list of divergent writes, whose entries are records of their own beside those of keys.
import { describe, expect, test } from '@jest/globals';
import { ALL_GROUPS, bucketOf, digestOf } from '../../lib/digest.ts';
import { divergentKey } from '../../lib/divergent.ts';
import type { StoredRecord } from '../../lib/record.ts';
import type { Entry } from '../../lib/store/store.ts';
import { listedIn } from './divergent.ts';
import { change, copy, EPOCH, type Fixture, NOW } from './fixture.ts';

/** After all that is listed. */
const END = EPOCH + 1000;

export function divergentListContract(f: Fixture): void {
  /** Lists a write of these contents. */
  async function list(key: string, more: { now?: number; epoch?: number } = {}): Promise<StoredRecord> {
    const { record } = await f.put(key, '1', { epoch: EPOCH, ...more });
    await f.store.apply(copy(key, 1, { epoch: record.epoch + 1 }));
    return record;
  }

  /** As an operator does. */
  const acknowledge = (write: StoredRecord) =>
    f.store.write(change(divergentKey(write), undefined, { epoch: END, now: NOW + 9 }));

  /** The names of one key in the order in which they are listed there. */
  async function listMany(key: string, count: number): Promise<string[]> {
    const records = Array.from({ length: count }, (_, i) =>
      copy(key, i + 1, { epoch: EPOCH + 2 * i, writer: `${i}`.padStart(16, '0') }),
    );
    for (const record of records) await f.store.apply(record);
    return records.slice(0, -1).map(divergentKey);
  }

  describe('divergent', () => {
    test('P9 gives what nobody has acknowledged, in pages, and its number', async () => {
      const writes: StoredRecord[] = [];
      for (const key of ['a', 'b', 'c', 'd', 'é', '😀', 'g']) writes.push(await list(key));
      await acknowledge(writes[2] as StoredRecord);
      const names = writes.flatMap((write, i) => (i === 2 ? [] : divergentKey(write))).sort();
      await f.eventually(async () => {
        const pages = await f.pages((cursor) =>
          f.store.divergent({ limit: 4, ...(cursor !== undefined && { cursor }) }),
        );
        expect(pages.map(({ length }) => length)).toEqual([4, 2]);
        expect(pages.flat().sort()).toEqual(names);
        expect(await f.store.divergentCount()).toBe(6);
      });
      const { entries } = await f.store.divergent({ limit: 9 });
      expect(entries).toEqual(await Promise.all(entries.map(({ record }) => f.store.get(record.key))));
    });

    test('P9 gives every write of one key, whatever the pages', async () => {
      const names = await listMany('k', 12);
      for (const key of ['j', 'l', 'ka', 'k\0']) await list(key);
      for (const limit of [1, 3, 11, 12, 100])
        await f.eventually(async () => {
          const ofKey = await f.pages((cursor) =>
            f.store.divergent({ key: 'k', limit, ...(cursor !== undefined && { cursor }) }),
          );
          expect(ofKey.flat().sort()).toEqual([...names].sort());
          const all = await f.pages((cursor) => f.store.divergent({ limit, ...(cursor !== undefined && { cursor }) }));
          expect(all.flat().filter((name) => names.includes(name))).toHaveLength(names.length);
          expect(new Set(all.flat()).size).toBe(names.length + 4);
        });
      expect(await listedIn(f, f.store, 'none')).toEqual([]);
    });

    test('P9 a cursor is Unicode text, and stays valid while writes are listed and acknowledged', async () => {
      const writes: StoredRecord[] = [];
      for (const key of ['b', 'c', 'd', 'e']) writes.push(await list(key));
      const names = [...writes.map(divergentKey), ...(await listMany('f', 5))];
      const acknowledged = new Set<string>();
      for (const limit of [2, 6]) {
        const first = await f.store.divergent({ limit });
        expect(first.cursor?.isWellFormed()).toBe(true);
        const given = first.entries.map(({ record }) => record.key);
        for (const name of given) {
          await f.store.write(change(name, undefined, { epoch: END }));
          acknowledged.add(name);
        }
        const added = await list(`z${limit}`);
        names.push(divergentKey(added));
        await f.eventually(async () => {
          const rest = await f.pages((cursor) =>
            f.store.divergent({ limit: 2, cursor: cursor ?? (first.cursor as string) }),
          );
          expect(rest.flat()).toContain(divergentKey(added));
          expect(rest.flat().filter((name) => given.includes(name))).toEqual([]);
        });
      }
      await f.eventually(async () => {
        const left = names.filter((name) => !acknowledged.has(name)).sort();
        expect(await listedIn(f, f.store)).toEqual(left);
        expect(await f.store.divergentCount()).toBe(left.length);
      });
    });

    test('begins at the beginning where a cursor is none', async () => {
      const write = await list('k');
      for (const cursor of ['', 'k', '1 k', '0 1 k', `${write.epoch} 1 `, divergentKey(write)])
        await f.eventually(async () => expect((await f.store.divergent({ limit: 2, cursor })).entries).toHaveLength(1));
    });

    test('is not shown among the keys', async () => {
      const acknowledged = await list('a');
      await acknowledge(acknowledged);
      await list('b');
      await f.eventually(async () => {
        expect((await f.store.list({ prefix: '', limit: 9, now: NOW })).heads.map(({ key }) => key)).toEqual([
          'a',
          'b',
        ]);
        expect(await f.store.count(NOW)).toEqual({ count: 2, isAtLeast: false });
      });
    });

    test('P4 counts in digests, and is among the heads of the bucket of its key', async () => {
      const [open, acknowledged] = [await list('a'), await list('b', { now: NOW + 3 })];
      await acknowledge(acknowledged);
      for (const write of [open, acknowledged]) {
        const bucket = bucketOf(write.key);
        const entries = (await Promise.all([write.key, divergentKey(write)].map((key) => f.store.get(key)))) as Entry[];
        const sum = entries.reduce((total, { record }) => total + digestOf(record), 0n);
        await f.eventually(async () => {
          expect((await f.store.digests(ALL_GROUPS))[bucket]).toBe(BigInt.asUintN(64, sum));
          const { heads } = await f.store.headsIn([bucket]);
          expect(heads.toSorted((a, b) => b.key.length - a.key.length)).toMatchObject([
            {
              key: divergentKey(write),
              status: 'pending',
              ...(write === open
                ? { epoch: EPOCH, version: 1, updatedAt: NOW }
                : { epoch: END, version: 2, updatedAt: NOW + 9, deadAt: NOW + 9 }),
            },
            { key: write.key },
          ]);
        });
      }
    });

    test('P4 heads of many writes of one key come in pages that join up, acknowledged or not', async () => {
      const key = 'k'.padEnd(1024, '-');
      await f.put(key);
      const names = Array.from({ length: 540 }, (_, i) => divergentKey({ key, epoch: EPOCH, version: i + 1 }));
      for (let i = 0; i < names.length; i += 60) {
        const some = names.slice(i, i + 60).map((name, n): StoredRecord => {
          const { value: _, ...tombstone } = copy(name, 1);
          return n % 2 === 0 ? { ...tombstone, value: '{}' } : tombstone;
        });
        await Promise.all(some.map((record) => f.store.apply(record)));
      }
      await f.eventually(async () => {
        const pages = await f.pages((cursor) => f.store.headsIn([bucketOf(key)], cursor));
        expect(pages.length).toBeGreaterThan(2);
        expect(pages.flat().sort()).toEqual([key, ...names].sort());
      });
    });

    test('P4 is in the backlog until the other node has acknowledged it, and once more when it was acknowledged here', async () => {
      const write = await list('k', { now: NOW + 3 });
      const key = divergentKey(write);
      const owed = async () => (await f.store.backlog({ limit: 9 })).entries.map(({ record }) => record.key);
      await f.eventually(async () => expect(await owed()).toEqual([key]));
      await f.eventually(async () => expect(await f.store.backlogSize()).toEqual({ count: 1, oldest: NOW + 3 }));
      const { record } = (await f.store.get(key)) as Entry;
      await f.store.settle(record, { at: NOW, durationMs: 1, outcome: 'failed', error: 'refused' }, NOW + 9);
      expect((await f.store.get(key))?.replication).toMatchObject({ status: 'replication_failed' });
      await f.acknowledge({ record: { ...record, version: record.version + 1 } });
      await f.eventually(async () => expect(await owed()).toEqual([key]));
      await f.store.settle(record, { at: NOW + 2, durationMs: 1, outcome: 'applied' });
      await f.eventually(async () => expect(await owed()).toEqual([]));
      await acknowledge(write);
      await f.eventually(async () => expect(await owed()).toEqual([key]));
    });
  });
}
