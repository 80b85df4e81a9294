// The store contract: who wrote a record, its base, the newest stamp in its history that other contents wrote, and since when
// only its own contents wrote it.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compareStamps, type Stamp, type StoredRecord } from '../../lib/record.ts';
import { writerOf } from '../../lib/store/base.ts';
import type { Store } from '../../lib/store/store.ts';
import { WHOLE } from '../support/property.ts';
import { change, copy, EPOCH, type Fixture, NOW, OTHER, written } from './fixture.ts';

/** How many contents write at a time. */
const NODES = 3;
const KEYS = ['a', 'b'];

export function baseContract(f: Fixture): void {
  describe('base', () => {
    const later = { epoch: EPOCH + 1, version: 1 };

    test('there is none while only these contents write, in whichever epoch', async () => {
      expect((await f.put('k')).record).not.toHaveProperty('base');
      expect((await f.put('k', '2', { epoch: EPOCH + 1 })).record).not.toHaveProperty('base');
      expect(written(await f.store.write(change('k', undefined, { epoch: EPOCH + 2 }))).record).not.toHaveProperty(
        'base',
      );
      expect((await f.store.get('k'))?.record.writer).toBe(f.writer);
    });

    test('is the stamp of the record of other contents that a write replaces, and stays so', async () => {
      await f.store.apply(copy('k', 7, { base: { epoch: EPOCH - 1, version: 3 } }));
      expect((await f.store.get('k'))?.record.writer).toBe(OTHER);
      const base = { epoch: EPOCH, version: 7 };
      expect((await f.put('k')).record).toMatchObject({ version: 8, base });
      await f.put('k', '2', { epoch: EPOCH + 5 });
      expect(await f.store.get('k')).toMatchObject({ record: { version: 9, base, writer: f.writer } });
    });

    test('is that of a deletion that other contents wrote', async () => {
      const { value: _, ...tombstone } = copy('k', 7);
      await f.store.apply(tombstone);
      expect((await f.put('k')).record).toMatchObject({ version: 8, base: { epoch: EPOCH, version: 7 } });
    });

    test('is taken in unchanged, and stays when the record is settled, and when it is taken in again', async () => {
      const record = copy('k', 1, { ...later, base: { epoch: EPOCH, version: 9 } });
      await f.store.apply(record, { status: 'pending', attempts: [] });
      await f.store.settle(record, { at: NOW, durationMs: 1, outcome: 'applied' });
      const { base: _, ...without } = record;
      expect(await f.store.apply(without)).toBe('same');
      expect((await f.store.get('k'))?.record).toEqual(record);
    });

    test('does not outlive the record of an own write', async () => {
      await f.put('k');
      await f.acknowledge(await f.put('k', '2'));
      await f.store.apply(copy('k', 1, later));
      expect((await f.store.get('k'))?.record).toEqual(copy('k', 1, later));
      expect((await f.put('k', '3', { epoch: EPOCH + 2 })).record.base).toEqual(later);
    });

    test('is handed on by contents that take back a record of their own', async () => {
      const base = { epoch: EPOCH - 1, version: 3 };
      await f.store.apply(copy('k', 7, { writer: f.writer, base }));
      expect((await f.put('k')).record).toMatchObject({ version: 8, base, writer: f.writer });
    });

    test('is the stamp of a record that nobody knows who wrote', async () => {
      const { writer: _, ...unknown } = copy('k', 7);
      await f.store.apply(unknown);
      expect((await f.store.get('k'))?.record).toEqual(unknown);
      expect((await f.put('k')).record.base).toEqual({ epoch: EPOCH, version: 7 });
    });

    test('is right of every one of many writes at once in the place of other contents’ record', async () => {
      await f.store.apply(copy('k', 1));
      const writers = [1, 2, 3, 4, 5, 6];
      const records = await Promise.all(writers.map((i) => f.put('k', `${i}`, { now: NOW + i })));
      expect(records.map(({ record: { version } }) => version).sort()).toEqual([2, 3, 4, 5, 6, 7]);
      for (const { record } of records) expect(record.base).toEqual({ epoch: EPOCH, version: 1 });
    });

    test('R9 while only these contents write, a record says since which earlier epoch they have', async () => {
      expect((await f.put('k')).record).not.toHaveProperty('ownSince');
      expect((await f.put('k', '2')).record).not.toHaveProperty('ownSince');
      for (const epoch of [EPOCH + 2, EPOCH + 4]) {
        const { record } = await f.put('k', '3', { epoch });
        expect(record).toMatchObject({ epoch, ownSince: EPOCH });
        expect((await f.store.get('k'))?.record).toEqual(record);
      }
      const tombstone = written(await f.store.write(change('k', undefined, { epoch: EPOCH + 4 }))).record;
      expect(tombstone.ownSince).toBe(EPOCH);
      await f.store.apply(copy('k', 1, { epoch: EPOCH + 5 }));
      expect((await f.store.get('k'))?.record).not.toHaveProperty('ownSince');
      expect((await f.put('k', '4', { epoch: EPOCH + 6 })).record).not.toHaveProperty('ownSince');
    });

    test('R9 it is taken in and settled unchanged, and handed on by contents that take it back', async () => {
      const record = copy('k', 2, { epoch: EPOCH + 2, ownSince: EPOCH });
      await f.store.apply(record, { status: 'pending', attempts: [] });
      await f.store.settle(record, { at: NOW, durationMs: 1, outcome: 'applied' });
      expect((await f.store.get('k'))?.record).toEqual(record);
      await f.store.apply({ ...record, key: 'own', writer: f.writer });
      expect((await f.put('own', '2', { epoch: EPOCH + 3 })).record).toMatchObject({ version: 3, ownSince: EPOCH });
    });

    test('P3 of any history is exactly the newest stamp that other contents wrote', async () => {
      const node = fc.integer({ min: 0, max: NODES - 1 });
      const key = fc.constantFrom(...KEYS);
      const operation = fc.oneof(
        { weight: 6, arbitrary: fc.record({ does: fc.constant('write' as const), node, key, deletes: fc.boolean() }) },
        { weight: 6, arbitrary: fc.record({ does: fc.constant('copy' as const), node, to: node, key }) },
        { weight: 2, arbitrary: fc.record({ does: fc.constant('lead' as const), node }) },
        { weight: 2, arbitrary: fc.record({ does: fc.constantFrom('reopen', 'restore', 'empty'), node }) },
      );
      await fc.assert(
        fc.asyncProperty(fc.array(operation, { minLength: 5, maxLength: 40 }), async (operations) => {
          const world = await startWorld(f);
          for (const each of operations) {
            if (each.does === 'write') await world.write(each.node, each.key, each.deletes);
            else if (each.does === 'copy') await world.copy(each.node, each.to, each.key);
            else if (each.does === 'lead') world.lead(each.node);
            else await world.replace(each.node, each.does);
          }
        }),
        { ...f.runs, ...WHOLE },
      );
    });
  });
}

/** What is known of a stamp of a key from outside: the contents that wrote it, and the stamp that it replaced. */
interface Origin {
  readonly contents: string;
  readonly replaced: Stamp | undefined;
}

/** Some nodes, each with contents of its own, and the history of every record. */
async function startWorld(f: Fixture) {
  const stores: Store[] = [];
  for (let i = 0; i < NODES; i++) stores.push(await f.create());
  const origins = new Map<string, Origin>();
  /** An epoch belongs to one contents id. */
  let lastEpoch = EPOCH;
  const epochs = new Map<string, number>();
  let now = NOW;

  const name = (key: string, { epoch, version }: Stamp) => `${key} ${epoch}-${version}`;
  const store = (node: number) => stores[node] as Store;

  function baseOf(key: string, { epoch, version }: StoredRecord): Stamp | undefined {
    const own = origins.get(name(key, { epoch, version }));
    let found = own?.replaced;
    while (found && origins.get(name(key, found))?.contents === own?.contents)
      found = origins.get(name(key, found))?.replaced;
    return found;
  }

  /** Where there is no base: the epoch of the first write of the history, if it is an earlier one. */
  function ownSinceOf(key: string, record: StoredRecord): number | undefined {
    if (baseOf(key, record)) return undefined;
    let first: Stamp = record;
    for (let before = originOf(key, first)?.replaced; before; before = originOf(key, first)?.replaced) first = before;
    return first.epoch === record.epoch ? undefined : first.epoch;
  }
  const originOf = (key: string, { epoch, version }: Stamp) => origins.get(name(key, { epoch, version }));

  function lead(node: number): number {
    const { id } = store(node);
    epochs.set(id, ++lastEpoch);
    return lastEpoch;
  }

  /** Wherever a record is, it names the contents that wrote it, and its base is that of its history. */
  async function check(node: number, key: string): Promise<void> {
    const entry = await store(node).get(key);
    if (!entry) return;
    expect(entry.record.base).toEqual(baseOf(key, entry.record));
    expect(entry.record.ownSince).toBe(ownSinceOf(key, entry.record));
    const origin = origins.get(name(key, entry.record));
    expect(entry.record.writer).toBe(origin && writerOf(origin.contents));
  }

  return {
    lead,

    async write(node: number, key: string, deletes: boolean): Promise<void> {
      const before = (await store(node).get(key))?.record;
      const { id } = store(node);
      const epoch = epochs.get(id) ?? lead(node);
      const result = await store(node).write(change(key, deletes ? undefined : `${++now}`, { epoch, now }));
      if (result.outcome !== 'written') return;
      const { record } = result.entry;
      if (before) expect(compareStamps(record, before)).toBeGreaterThan(0);
      const replaced = before && { epoch: before.epoch, version: before.version };
      origins.set(name(key, record), { contents: id, replaced });
      expect(record.base).toEqual(baseOf(key, record));
      expect(record.ownSince).toBe(ownSinceOf(key, record));
      await check(node, key);
    },

    async copy(from: number, to: number, key: string): Promise<void> {
      const entry = await store(from).get(key);
      if (!entry) return;
      await store(to).apply(entry.record);
      await check(to, key);
    },

    /** Another process of the node; other contents with the same records; or a node that starts with nothing. */
    async replace(node: number, by: string): Promise<void> {
      const { durable } = f.engine;
      if (by === 'empty') stores[node] = await f.create();
      else if (by === 'reopen') stores[node] = (await durable?.reopen(store(node))) ?? store(node);
      else stores[node] = (await durable?.restore(store(node))) ?? store(node);
      for (const key of KEYS) await check(node, key);
    },
  };
}
