// The store contract: when a record replaces one that its writer had not seen, the older one is listed as divergent.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ALL_GROUPS, bucketOf } from '../../lib/digest.ts';
import { divergentKey, isDivergent, type WriteName } from '../../lib/divergent.ts';
import { MAX_KEY_BYTES, MAX_VALUE_BYTES } from '../../lib/limits.ts';
import { compareStamps, type StoredRecord } from '../../lib/record.ts';
import { writerOf } from '../../lib/store/base.ts';
import type { Entry, Store } from '../../lib/store/store.ts';
import { WHOLE } from '../support/property.ts';
import { change, copy, EPOCH, type Fixture, NOW, OTHER, written } from './fixture.ts';

const THIRD = '0000000000000ade';
const LATER = EPOCH + 1;
const KEYS = ['a', 'b'];

/** What is listed, by the names of the writes. */
export async function listedIn(f: Fixture, store: Store, key?: string): Promise<string[]> {
  const query = { limit: 100, ...(key !== undefined && { key }) };
  const pages = await f.pages((cursor) => store.divergent({ ...query, ...(cursor !== undefined && { cursor }) }));
  return pages.flat().sort();
}

export function divergentContract(f: Fixture): void {
  const listed = (key?: string) => listedIn(f, f.store, key);
  const expectListed = (...writes: WriteName[]) =>
    f.eventually(async () => expect(await listed()).toEqual(writes.map(divergentKey).sort()));

  describe('apply', () => {
    test('P9 lists the record that is here when another one replaces it that had not seen it', async () => {
      const { record } = await f.put('k', '"mine"', { now: NOW + 7 });
      expect(await f.store.apply(copy('k', 1, { epoch: LATER }))).toBe('applied');
      expect((await f.store.get('k'))?.record).toEqual(copy('k', 1, { epoch: LATER }));
      await expectListed(record);
      const entry = await f.store.get(divergentKey(record));
      const { epoch, version } = record;
      expect(entry).toEqual({
        record: {
          key: divergentKey(record),
          epoch,
          version,
          updatedAt: NOW + 7,
          value: '{"value":"mine"}',
          writer: f.writer,
        },
        replication: { status: 'pending', nextAttemptAt: 0, attempts: [] },
      });
    });

    test('P9 lists the record that arrives when the one that is here had not seen it', async () => {
      await f.put('k', '1', { epoch: LATER });
      const late = copy('k', 7, { value: '"late"' });
      expect(await f.store.apply(late)).toBe('superseded');
      await expectListed(late);
      expect((await f.store.get(divergentKey(late)))?.record.value).toBe('{"value":"late"}');
      expect((await f.store.get('k'))?.record).toMatchObject({ epoch: LATER, version: 1 });
    });

    test('P9 lists a deletion that was not seen, wherever it is', async () => {
      await f.put('here');
      const { record } = written(await f.store.write(change('here')));
      await f.store.apply(copy('here', 1, { epoch: LATER }));
      const { value: _, ...arriving } = copy('arriving', 7);
      await f.put('arriving', '1', { epoch: LATER });
      await f.store.apply(arriving);
      await expectListed(record, arriving);
      for (const write of [record, arriving])
        expect((await f.store.get(divergentKey(write)))?.record.value).toBe('{"deleted":true}');
    });

    test('P9 lists what a deletion replaces that had not seen it', async () => {
      const { record } = await f.put('k');
      const { value: _, ...deletion } = copy('k', 1, { epoch: LATER });
      expect(await f.store.apply(deletion)).toBe('applied');
      expect((await f.store.get('k'))?.record).toEqual(deletion);
      await expectListed(record);
    });

    test('does not list what the newer record had seen: its base is that, or newer', async () => {
      const { epoch, version } = (await f.put('same')).record;
      const later = { epoch: LATER, base: { epoch, version } };
      await f.store.apply(copy('same', 2, later));
      await f.put('newer');
      await f.store.apply(copy('newer', 2, { epoch: LATER, base: { epoch, version: 9 } }));
      await f.put('epoch');
      await f.store.apply(copy('epoch', 2, { epoch: LATER + 1, base: { epoch: LATER, version: 1 } }));
      await f.store.apply(copy('late', 2, { ...later, writer: THIRD }));
      expect(await f.store.apply(copy('late', 1))).toBe('superseded');
      await expectListed();
      expect(await f.store.divergentCount()).toBe(0);
    });

    test('P9 lists what is newer than what the newer record had seen, by version or by epoch', async () => {
      await f.put('version');
      const version = (await f.put('version', '2')).record;
      await f.store.apply(copy('version', 2, { epoch: LATER, base: { epoch: EPOCH, version: 1 } }));
      const epoch = (await f.put('epoch')).record;
      await f.store.apply(copy('epoch', 2, { epoch: LATER, base: { epoch: EPOCH - 1, version: 9 } }));
      await expectListed(version, epoch);
    });

    test('does not list what the same contents wrote', async () => {
      await f.store.apply(copy('k', 1));
      await f.store.apply(copy('k', 1, { epoch: LATER }));
      await f.store.apply(copy('k', 7));
      await f.put('own');
      await f.store.apply(copy('own', 9, { writer: f.writer }));
      await expectListed();
    });

    test('P9 takes what nobody knows who wrote for a write of others', async () => {
      const { writer: _, ...older } = copy('older', 1);
      await f.store.apply(older);
      await f.store.apply(copy('older', 2));
      await f.store.apply(copy('newer', 1));
      const { writer: __, ...newer } = copy('newer', 2);
      await f.store.apply(newer);
      const { writer: ___, ...late } = copy('newer', 1, { epoch: EPOCH - 1 });
      await f.store.apply(late);
      await expectListed(older, copy('newer', 1), late);
    });

    test('P9 lists a write once, and not again when it was acknowledged', async () => {
      const late = copy('k', 7);
      await f.put('k', '1', { epoch: LATER });
      await f.store.apply(late);
      const before = await f.store.get(divergentKey(late));
      await f.store.apply(late);
      expect(await f.store.get(divergentKey(late))).toEqual(before);
      await expectListed(late);
      const key = divergentKey(late);
      expect(await f.store.write(change(key, undefined, { epoch: LATER }))).toMatchObject({
        outcome: 'written',
        created: false,
        entry: { record: { key, epoch: LATER, version: 8, base: { epoch: EPOCH, version: 7 } } },
      });
      expect(await f.store.apply(late)).toBe('superseded');
      await expectListed();
      expect(await f.store.write(change(key, undefined, { epoch: LATER }))).toMatchObject({ outcome: 'refused' });
    });

    test('P9 replaces what is listed already', async () => {
      const { record } = await f.put('k');
      const { epoch, version, updatedAt } = record;
      // The other node has listed it, and an operator has acknowledged it there.
      const elsewhere = { key: divergentKey(record), epoch, version: version + 1, updatedAt };
      expect(await f.store.apply(elsewhere)).toBe('applied');
      expect(await f.store.apply(copy('k', 1, { epoch: LATER }))).toBe('applied');
      expect((await f.store.get('k'))?.record.epoch).toBe(LATER);
      expect((await f.store.get(elsewhere.key))?.record).toEqual(elsewhere);
      await expectListed();
    });

    test('takes in what the other node has listed, and what was acknowledged there', async () => {
      const listing = copy(divergentKey(copy('k', 7)), 7, { value: '{"value":7}' });
      const { value: _, ...acknowledged } = { ...listing, epoch: LATER, version: 8 };
      expect(await f.store.apply(listing)).toBe('applied');
      expect(await f.store.apply(listing)).toBe('same');
      await expectListed(copy('k', 7));
      expect(await f.store.apply(acknowledged)).toBe('applied');
      expect(await f.store.apply(listing)).toBe('superseded');
      expect(await f.store.get(listing.key)).toEqual({ record: acknowledged });
      await expectListed();
      expect(await f.store.get('k')).toBeUndefined();
    });

    test.each([
      ['ASCII', 'k'.repeat(MAX_KEY_BYTES), 'x'.repeat(MAX_VALUE_BYTES - 2)],
      ['characters of four bytes', '😀'.repeat(MAX_KEY_BYTES / 4), '😀'.repeat((MAX_VALUE_BYTES - 4) / 4)],
    ])('P9 lists a value at the limit of 256 KiB under a key of 1,024 bytes (%s)', async (_, key, text) => {
      const { record } = await f.put(key, `"${text}"`);
      expect(await f.store.apply(copy(key, 1, { epoch: LATER, value: `"${text}"` }))).toBe('applied');
      await expectListed(record);
      expect((await f.store.get(divergentKey(record)))?.record.value === `{"value":"${text}"}`).toBe(true);
      const { entries } = await f.store.divergent({ key, limit: 2 });
      expect(entries.map(({ record: { key } }) => key)).toEqual([divergentKey(record)]);
      await f.eventually(async () =>
        expect((await f.store.headsIn([bucketOf(key)])).heads.map((head) => head.key).sort()).toEqual(
          [key, divergentKey(record)].sort(),
        ),
      );
    });

    test('P9 many records of one key at once are each listed, but the newest', async () => {
      const records = Array.from({ length: 8 }, (_, i) =>
        copy('k', 1, { epoch: EPOCH + i, writer: `${i}`.padStart(16, '0') }),
      );
      await Promise.all(records.map((record) => f.store.apply(record)));
      await expectListed(...records.slice(0, -1));
      expect((await f.store.get('k'))?.record).toEqual(records.at(-1));
    });

    test('P3 P9 two records give the same, in whichever order they arrive', async () => {
      const stamp = fc.record({ epoch: fc.integer({ min: 5, max: 8 }), version: fc.integer({ min: 1, max: 4 }) });
      const record = fc.record(
        {
          key: fc.constant('k'),
          updatedAt: fc.constant(NOW),
          value: fc.constant('1'),
          writer: fc.constantFrom(OTHER, THIRD),
          base: fc.record({ epoch: fc.integer({ min: 1, max: 8 }), version: fc.integer({ min: 1, max: 4 }) }),
        },
        { requiredKeys: ['key', 'updatedAt'] },
      );
      const stamped = fc.tuple(record, stamp).map(([{ base, ...rest }, { epoch, version }]): StoredRecord => {
        const isBase = base !== undefined && compareStamps(base, { epoch, version }) < 0;
        return { ...rest, epoch, version, ...(isBase && { base }) };
      });
      await fc.assert(
        fc.asyncProperty(stamped, stamped, fc.array(fc.boolean(), { maxLength: 3 }), async (a, b, again) => {
          fc.pre(compareStamps(a, b) !== 0);
          const [older, newer] = compareStamps(a, b) < 0 ? [a, b] : [b, a];
          for (const order of [
            [a, b],
            [b, a],
          ]) {
            const store = await f.create();
            for (const each of [...order, ...again.map((isFirst) => (isFirst ? a : b))]) await store.apply(each);
            expect((await store.get('k'))?.record).toEqual(newer);
            const expected = isDivergent(older, newer) ? [divergentKey(older)] : [];
            await f.eventually(async () => expect(await listedIn(f, store)).toEqual(expected));
          }
        }),
        { ...f.runs, ...WHOLE },
      );
    });

    const node = fc.integer({ min: 0, max: 1 });
    const key = fc.constantFrom(...KEYS);
    const write = fc.record({ does: fc.constant('write' as const), node, key, deletes: fc.boolean() });
    const copies = fc.record({ does: fc.constant('copy' as const), node, key, deletes: fc.constant(false) });

    test('P9 of any history of two nodes each write is current, was seen by one that is accounted for, or is listed', async () => {
      const operation = fc.oneof({ weight: 5, arbitrary: write }, { weight: 4, arbitrary: copies });
      await fc.assert(
        fc.asyncProperty(fc.array(operation, { minLength: 4, maxLength: 25 }), async (operations) => {
          const pair = await startPair(f);
          await pair.carryOut(operations);
          await pair.heal();
          await pair.account();
        }),
        { ...f.runs, ...WHOLE },
      );
    });

    test('P9 of failovers that are healed one by one nothing is listed that was seen', async () => {
      const round = fc.record({
        lead: node,
        inSync: fc.array(write, { maxLength: 4 }),
        apart: fc.array(write, { maxLength: 5 }),
        healing: fc.array(copies, { maxLength: 6 }),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(round, { minLength: 1, maxLength: 3 }), async (rounds) => {
          const pair = await startPair(f);
          for (const { lead, inSync, apart, healing } of rounds) {
            pair.lead(lead);
            for (const each of inSync)
              await pair.carryOut([
                { ...each, node: lead },
                { ...each, node: lead, does: 'copy' },
              ]);
            pair.lead(1 - lead);
            await pair.carryOut(apart);
            await pair.carryOut(healing);
            await pair.heal();
            const { seenByCurrent, listed } = await pair.account();
            expect(listed.filter((name) => seenByCurrent.has(name))).toEqual([]);
          }
        }),
        { ...f.runs, ...WHOLE },
      );
    });
  });
}

interface Operation {
  readonly does: 'write' | 'copy';
  readonly node: number;
  readonly key: string;
  readonly deletes: boolean;
}

/** Those of buckets that hold something. */
async function digestsOf(store: Store): Promise<[bucket: number, digest: bigint][]> {
  return [...(await store.digests(ALL_GROUPS)).entries()].filter(([, digest]) => digest !== 0n);
}

/** Two nodes that both write, and what each write had seen. */
async function startPair(f: Fixture) {
  const stores = [await f.create(), await f.create()] as const;
  const epochs = [EPOCH, EPOCH + 1];
  let lastEpoch = EPOCH + 1;
  let now = NOW;
  /** The write that each write replaced, by their names. */
  const replaced = new Map<string, string | undefined>();
  const store = (node: number) => stores[node as 0 | 1];
  const nameOf = (entry: Entry | undefined) => entry && divergentKey(entry.record);

  async function copyTo(from: Store, to: Store, key: string): Promise<void> {
    const entry = await from.get(key);
    if (entry) await to.apply(entry.record);
  }

  async function write({ node, key, deletes }: Operation): Promise<void> {
    const before = await store(node).get(key);
    if (before && before.record.epoch > (epochs[node] ?? 0)) epochs[node] = ++lastEpoch;
    const epoch = epochs[node] as number;
    const result = await store(node).write(change(key, deletes ? undefined : `${++now}`, { epoch, now }));
    if (result.outcome !== 'written') return;
    expect(result.entry.record.writer).toBe(writerOf(store(node).id));
    replaced.set(divergentKey(result.entry.record), nameOf(before));
  }

  function seenBy(names: readonly string[]): Set<string> {
    const seen = new Set<string>();
    for (const each of names)
      for (let name = replaced.get(each); name !== undefined; name = replaced.get(name)) seen.add(name);
    return seen;
  }

  return {
    /** From now on this node writes in an epoch of its own. */
    lead(node: number): void {
      epochs[node] = ++lastEpoch;
    },

    async carryOut(operations: readonly Operation[]): Promise<void> {
      for (const each of operations) {
        if (each.does === 'write') await write(each);
        else await copyTo(store(each.node), store(1 - each.node), each.key);
      }
    },

    /** Each takes in what the other holds, what is listed or was included. */
    async heal(): Promise<void> {
      const ways = [stores, stores.toReversed()] as [Store, Store][];
      await f.eventually(async () => {
        // What one of them lists in doing so the other takes in after it.
        for (const [from, to] of [...ways, ...ways]) {
          const { heads } = await from.headsIn(KEYS.map(bucketOf));
          for (const { key } of heads) await copyTo(from, to, key);
        }
        expect(await digestsOf(stores[0])).toEqual(await digestsOf(stores[1]));
      });
    },

    async account(): Promise<{ seenByCurrent: Set<string>; listed: string[] }> {
      const [a, b] = stores;
      for (const key of KEYS) expect((await a.get(key))?.record).toEqual((await b.get(key))?.record);
      const names = await Promise.all(KEYS.map(async (key) => nameOf(await a.get(key))));
      const current = names.filter((name) => name !== undefined);
      let listed: string[] = [];
      await f.eventually(async () => {
        listed = await listedIn(f, a);
        expect(await listedIn(f, b)).toEqual(listed);
        const accounted = new Set([...current, ...listed, ...seenBy([...current, ...listed])]);
        expect([...accounted].sort()).toEqual([...replaced.keys()].sort());
        expect(listed.filter((name) => current.includes(name))).toEqual([]);
      });
      return { seenByCurrent: seenBy(current), listed };
    },
  };
}
