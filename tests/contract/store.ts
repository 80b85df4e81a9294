// What every storage engine must do. An engine's test file calls this with a way to make an empty store.
import { beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bucketOf, digestOf } from '../../lib/digest.ts';
import type { StoredRecord } from '../../lib/record.ts';
import type { Change, Entry, Page, Store, WriteResult } from '../../lib/store/store.ts';

export interface Engine {
  readonly name: string;
  /** An empty store. */
  create(): Promise<Store>;
}

const EPOCH = 1_763_790_000_000;
const NOW = EPOCH + 1000;
const LEASE = NOW + 10_000;
const NO_RUNS = { numRuns: 50 };

const change = (key: string, value?: string, more: Partial<Change> = {}): Change => ({
  key,
  epoch: EPOCH,
  now: NOW,
  leaseUntil: LEASE,
  ...(value !== undefined && { value }),
  ...more,
});
const copy = (key: string, version: number, more: Partial<StoredRecord> = {}): StoredRecord => ({
  key,
  value: `${version}`,
  epoch: EPOCH,
  version,
  updatedAt: NOW,
  ...more,
});
const written = (result: WriteResult): Entry => {
  if (result.outcome !== 'written') throw new Error('refused');
  return result.entry;
};

export function storeContract({ name, create }: Engine): void {
  describe(`The store "${name}"`, () => {
    let store: Store;
    beforeEach(async () => {
      store = await create();
    });
    const put = async (key: string, value = '1', more: Partial<Change> = {}) =>
      written(await store.write(change(key, value, more)));
    const acknowledge = (entry: Entry) =>
      store.settle(entry.record.key, entry.record, { at: NOW, durationMs: 5, outcome: 'applied' });
    const pages = async (next: (cursor?: string) => Promise<Page>): Promise<string[][]> => {
      const all: string[][] = [];
      for (let cursor: string | undefined, first = true; first || cursor !== undefined; first = false) {
        const page = await next(cursor);
        all.push(page.entries.map(({ record }) => record.key));
        cursor = page.cursor;
      }
      return all;
    };

    describe('write', () => {
      test('starts at version 1, counts on, and sets the status to pending', async () => {
        const first = await store.write(change('k', '"a"'));
        expect(first).toMatchObject({
          outcome: 'written',
          created: true,
          entry: { record: copy('k', 1, { value: '"a"' }) },
        });
        const second = await store.write(change('k', '"b"', { now: NOW + 1 }));
        expect(second).toMatchObject({
          outcome: 'written',
          created: false,
          entry: { record: { version: 2, updatedAt: NOW + 1 } },
        });
        expect(await store.get('k')).toMatchObject({
          record: { value: '"b"', version: 2 },
          replication: { status: 'pending', nextAttemptAt: LEASE, attempts: [] },
        });
      });

      test('of nothing deletes: a tombstone that keeps the version', async () => {
        await put('k');
        const deleted = await store.write(change('k'));
        expect(deleted).toMatchObject({ outcome: 'written', created: false, entry: { record: { version: 2 } } });
        expect((await store.get('k'))?.record).not.toHaveProperty('value');
        expect(await store.write(change('k', '3'))).toMatchObject({
          outcome: 'written',
          created: true,
          entry: { record: { version: 3 } },
        });
      });

      test('refuses to delete what is not there, deleted or expired', async () => {
        expect(await store.write(change('none'))).toEqual({ outcome: 'refused' });
        await put('k');
        await store.write(change('k'));
        expect(await store.write(change('k'))).toMatchObject({
          outcome: 'refused',
          current: { record: { version: 2 } },
        });
        await put('brief', '1', { expiresAt: NOW + 1 });
        expect(await store.write(change('brief', undefined, { now: NOW + 1 }))).toMatchObject({ outcome: 'refused' });
      });

      test('never says that it was written before the one before it', async () => {
        await put('k', '1', { now: NOW + 9 });
        expect((await put('k', '2')).record.updatedAt).toBe(NOW + 9);
      });

      test('in a later epoch goes on counting, and its stamp is newer', async () => {
        await put('k');
        expect((await put('k', '2', { epoch: EPOCH + 5 })).record).toMatchObject({ epoch: EPOCH + 5, version: 2 });
      });

      test('writes under way together get every version once', async () => {
        const entries = await Promise.all(Array.from({ length: 50 }, (_, i) => put('k', `${i}`)));
        expect(entries.map(({ record }) => record.version).sort((a, b) => a - b)).toEqual(
          Array.from({ length: 50 }, (_, i) => i + 1),
        );
        expect((await store.get('k'))?.record.version).toBe(50);
      });

      const stamp = { epoch: EPOCH, version: 1 };
      const other = { epoch: EPOCH, version: 9 };
      test.each<[Change['condition'], { live: boolean; absent: boolean }]>([
        [{ ifNoneMatch: '*' }, { live: false, absent: true }],
        [{ ifNoneMatch: [stamp] }, { live: false, absent: true }],
        [{ ifNoneMatch: [other] }, { live: true, absent: true }],
        [{ ifMatch: '*' }, { live: true, absent: false }],
        [{ ifMatch: [stamp] }, { live: true, absent: false }],
        [{ ifMatch: [other, stamp] }, { live: true, absent: false }],
        [{ ifMatch: [other] }, { live: false, absent: false }],
        [{ ifMatch: [] }, { live: false, absent: false }],
        [
          { ifMatch: '*', ifNoneMatch: [stamp] },
          { live: false, absent: false },
        ],
      ])('on the condition %j', async (condition, happens) => {
        const outcome = async (key: string) =>
          (await store.write(change(key, '2', { condition: condition as object }))).outcome === 'written';
        await put('live');
        await put('expired', '1', { expiresAt: NOW });
        expect(await outcome('live')).toBe(happens.live);
        expect(await outcome('never')).toBe(happens.absent);
        expect(await outcome('expired')).toBe(happens.absent);
      });

      test('on a condition is decided and done in one step', async () => {
        const tries = await Promise.all(
          Array.from({ length: 20 }, (_, i) => store.write(change('k', `${i}`, { condition: { ifNoneMatch: '*' } }))),
        );
        expect(tries.filter(({ outcome }) => outcome === 'written')).toHaveLength(1);
      });
    });

    describe('apply', () => {
      test('takes the newer stamp, whatever the order', async () => {
        await fc.assert(
          fc.asyncProperty(
            fc.shuffledSubarray([1, 2, 3, 4, 5, 6], { minLength: 1 }),
            fc.array(fc.integer({ min: 0, max: 5 })),
            async (order, again) => {
              const target = await create();
              const records = order.map((n) => copy('k', n % 3, { epoch: EPOCH + Math.floor(n / 3), value: `${n}` }));
              const repeated = again.map((i) => records[i % records.length] as StoredRecord);
              for (const record of [...records, ...repeated]) await target.apply(record);
              expect((await target.get('k'))?.record.value).toBe(`${Math.max(...order)}`);
            },
          ),
          NO_RUNS,
        );
      });

      test('says what it did', async () => {
        expect(await store.apply(copy('k', 2))).toBe('applied');
        expect(await store.apply(copy('k', 2))).toBe('same');
        expect(await store.apply(copy('k', 1))).toBe('superseded');
        expect(await store.apply(copy('k', 1, { epoch: EPOCH + 1 }))).toBe('applied');
      });

      test('keeps a tombstone against a late older value, and expiry as it came', async () => {
        const { value: _, ...tombstone } = copy('k', 2);
        await store.apply(tombstone);
        expect(await store.apply(copy('k', 1))).toBe('superseded');
        await store.apply(copy('brief', 1, { expiresAt: NOW + 7 }));
        expect((await store.get('brief'))?.record.expiresAt).toBe(NOW + 7);
      });

      test('notes no replication, so that the record is in no backlog, unless told what to note', async () => {
        await store.apply(copy('k', 1));
        expect((await store.get('k'))?.replication).toBeUndefined();
        await store.apply(copy('back', 1), { status: 'replicated', replicatedAt: NOW, attempts: [] });
        expect((await store.get('back'))?.replication?.status).toBe('replicated');
        expect(await store.backlogSize()).toEqual({ count: 0 });
      });
    });

    describe('settle', () => {
      test('an acknowledgement sets replicated, and stands against a failure that began before it', async () => {
        const entry = await put('k');
        await acknowledge(entry);
        await store.settle(
          'k',
          entry.record,
          { at: NOW + 4, durationMs: 9, outcome: 'failed', error: 'late' },
          NOW + 99,
        );
        const { replication } = (await store.get('k')) as Entry;
        expect(replication).toEqual({
          status: 'replicated',
          replicatedAt: NOW + 5,
          attempts: [{ at: NOW, durationMs: 5, outcome: 'applied' }],
        });
      });

      test('a failure keeps the record in the backlog, with its reason and when it is due', async () => {
        const { record } = await put('k');
        await store.settle('k', record, { at: NOW, durationMs: 5, outcome: 'failed', error: 'refused' }, NOW + 500);
        expect((await store.get('k'))?.replication).toMatchObject({
          status: 'replication_failed',
          nextAttemptAt: NOW + 500,
          attempts: [{ outcome: 'failed', error: 'refused' }],
        });
        expect(await store.backlogSize()).toEqual({ count: 1, oldest: NOW });
      });

      test('of an older stamp changes nothing: it cannot hide a newer write', async () => {
        const old = await put('k');
        await put('k', '2');
        await acknowledge(old);
        expect((await store.get('k'))?.replication).toMatchObject({ status: 'pending', attempts: [] });
      });

      test('keeps the last ten attempts', async () => {
        const { record } = await put('k');
        for (let i = 1; i <= 12; i++)
          await store.settle('k', record, { at: NOW + i, durationMs: 0, outcome: 'failed', error: `${i}` }, NOW + 100);
        expect((await store.get('k'))?.replication?.attempts.map(({ error }) => error)).toEqual([
          '3',
          '4',
          '5',
          '6',
          '7',
          '8',
          '9',
          '10',
          '11',
          '12',
        ]);
      });

      test('of a key that is not there does nothing', async () => {
        await store.settle('none', { epoch: 1, version: 1 }, { at: NOW, durationMs: 0, outcome: 'applied' });
        expect(await store.get('none')).toBeUndefined();
      });
    });

    describe('list', () => {
      const list = (query: Partial<Parameters<Store['list']>[0]> = {}) =>
        store.list({ prefix: '', limit: 1000, now: NOW, ...query });

      test('gives live keys in UTF-8 byte order', async () => {
        await fc.assert(
          fc.asyncProperty(
            fc.uniqueArray(fc.string({ unit: 'binary', minLength: 1, maxLength: 4 }), { maxLength: 12 }),
            async (keys) => {
              const target = await create();
              for (const key of keys) await target.write(change(key, '1'));
              const { entries } = await target.list({ prefix: '', limit: 1000, now: NOW });
              const inBytes = keys
                .map((key) => Buffer.from(key))
                .sort(Buffer.compare)
                .map(String);
              expect(entries.map(({ record }) => record.key)).toEqual(inBytes);
            },
          ),
          NO_RUNS,
        );
      });

      test('leaves out what is deleted or expired', async () => {
        for (const key of ['a', 'b', 'c']) await put(key);
        await store.write(change('b'));
        await put('d', '1', { expiresAt: NOW + 5 });
        expect((await list()).entries.map(({ record }) => record.key)).toEqual(['a', 'c', 'd']);
        expect(await store.count(NOW)).toBe(3);
        expect((await list({ now: NOW + 5 })).entries.map(({ record }) => record.key)).toEqual(['a', 'c']);
        expect(await store.count(NOW + 5)).toBe(2);
        await put('d', '2', { now: NOW + 6 });
        expect(await store.count(NOW + 6)).toBe(3);
      });

      test('finds a key again when the clock that had it expired was put back', async () => {
        await put('k', '1', { expiresAt: NOW + 5 });
        expect(await store.count(NOW + 10)).toBe(0);
        expect((await list()).entries).toHaveLength(1);
        expect(await store.count(NOW)).toBe(1);
        expect(await store.count(NOW + 10)).toBe(0);
      });

      test('keeps to the prefix', async () => {
        for (const key of ['a', 'a/1', 'a/2', 'a0', 'b', 'é', 'é1']) await put(key);
        expect((await list({ prefix: 'a/' })).entries.map(({ record }) => record.key)).toEqual(['a/1', 'a/2']);
        expect((await list({ prefix: 'é' })).entries.map(({ record }) => record.key)).toEqual(['é', 'é1']);
        expect((await list({ prefix: 'zz' })).entries).toEqual([]);
      });

      test('pages join up, and stay valid while keys come and go', async () => {
        const keys = Array.from({ length: 25 }, (_, i) => `k${String(i).padStart(2, '0')}`);
        for (const key of keys) await put(key);
        const inPages = await pages((cursor) =>
          list({ prefix: 'k', limit: 10, ...(cursor !== undefined && { cursor }) }),
        );
        expect(inPages.map(({ length }) => length)).toEqual([10, 10, 5]);
        expect(inPages.flat()).toEqual(keys);

        const { cursor } = await list({ limit: 10 });
        await store.write(change('k09'));
        await put('k095');
        const next = await list({ limit: 10, cursor: cursor as string });
        expect(next.entries[0]?.record.key).toBe('k095');
      });

      test('a page that holds exactly the rest has no cursor', async () => {
        for (const key of ['a', 'b']) await put(key);
        expect(await list({ limit: 2 })).not.toHaveProperty('cursor');
      });
    });

    describe('backlog', () => {
      test('holds what is not acknowledged, oldest write first, in pages', async () => {
        const entries = [];
        for (let i = 0; i < 7; i++) entries.push(await put(`k${6 - i}`, '1', { now: NOW + i }));
        await acknowledge(entries[2] as Entry);
        const inPages = await pages((cursor) => store.backlog({ limit: 4, ...(cursor !== undefined && { cursor }) }));
        expect(inPages.flat()).toEqual(['k6', 'k5', 'k3', 'k2', 'k1', 'k0']);
        expect(await store.backlogSize()).toEqual({ count: 6, oldest: NOW });
      });

      test('holds a key once, at its latest write; a deletion too', async () => {
        await put('k');
        await put('k', '2', { now: NOW + 3 });
        await store.write(change('k', undefined, { now: NOW + 5 }));
        expect(await store.backlogSize()).toEqual({ count: 1, oldest: NOW + 5 });
        expect((await store.backlog({ limit: 10 })).entries[0]?.record).toMatchObject({ key: 'k', version: 3 });
      });
    });

    describe('what is dead', () => {
      const dead = async (before: number) => (await store.dead({ before, limit: 10 })).map(({ key }) => key);

      test('is found once it has been dead for long enough and is not in the backlog, longest dead first', async () => {
        await acknowledge(await put('expired', '1', { expiresAt: NOW + 10 }));
        await put('deleted');
        await acknowledge(written(await store.write(change('deleted', undefined, { now: NOW + 5 }))));
        await acknowledge(await put('alive'));
        await put('not acknowledged', '1', { expiresAt: NOW + 1 });
        expect(await dead(NOW + 5)).toEqual([]);
        expect(await dead(NOW + 6)).toEqual(['deleted']);
        expect(await dead(NOW + 99)).toEqual(['deleted', 'expired']);
        expect(await store.dead({ before: NOW + 99, limit: 1 })).toHaveLength(1);
      });

      test('is forgotten on order, and its versions do not return', async () => {
        await put('k');
        const { record } = written(await store.write(change('k')));
        await store.drop('k', record, NOW + 1);
        expect(await store.get('k')).toBeUndefined();
        expect(await dead(NOW + 99)).toEqual([]);
        expect((await store.digests()).every((digest) => digest === 0n)).toBe(true);
        expect((await put('k')).record.version).toBeGreaterThan(2);
      });

      test('is not forgotten when it is alive, not dead for long enough, or newer than the order; an older one is', async () => {
        const alive = await put('alive');
        await store.drop('alive', alive.record, NOW + 99);
        await put('k', '1', { expiresAt: NOW + 5 });
        await store.drop('k', { epoch: EPOCH, version: 1 }, NOW + 5);
        await store.drop('k', { epoch: EPOCH, version: 0 }, NOW + 99);
        await store.drop('none', alive.record, NOW + 99);
        expect(await store.get('alive')).toBeDefined();
        expect(await store.get('k')).toBeDefined();
        await store.drop('k', { epoch: EPOCH, version: 2 }, NOW + 99);
        expect(await store.get('k')).toBeUndefined();
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
            const target = await create();
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
          NO_RUNS,
        );
      });

      test('entriesIn gives every entry of the buckets, and no other', async () => {
        const keys = Array.from({ length: 30 }, (_, i) => `key-${i}`);
        for (const key of keys) await put(key);
        await store.write(change('key-3'));
        const buckets = [...new Set(keys.slice(0, 5).map(bucketOf))];
        const found = await pages((cursor) => store.entriesIn(buckets, cursor));
        expect(found.flat().sort()).toEqual(keys.filter((key) => buckets.includes(bucketOf(key))).sort());
      });
    });

    test('the highest epoch only rises', async () => {
      expect(await store.highestEpoch()).toBe(0);
      expect(await store.raiseEpoch(5)).toBe(5);
      expect(await store.raiseEpoch(3)).toBe(5);
      expect(await store.highestEpoch()).toBe(5);
    });

    test('each store has an id of its own', async () => {
      expect(store.id).not.toBe((await create()).id);
    });
  });
}
