// The store contract: a listed write is taken from the list once a record of its key turns out to have seen it.
import { describe, expect, test } from '@jest/globals';
import { dismissal, divergentKey, listing } from '../../lib/divergent.ts';
import type { StoredRecord } from '../../lib/record.ts';
import { initialReplication } from '../../lib/store/replication-state.ts';
import { listedIn } from './divergent.ts';
import { change, copy, differing, EPOCH, type Fixture, NOW, written } from './fixture.ts';

const THIRD = '0000000000000ade';

export function divergentSeenContract(f: Fixture): void {
  /** Writes that are listed are these. */
  const expectListed = (...writes: StoredRecord[]) =>
    f.eventually(async () => {
      expect(await listedIn(f, f.store)).toEqual(writes.map(divergentKey).sort());
      expect(await f.store.divergentCount()).toBe(writes.length);
    });

  /** Both nodes take the same tombstone in its place, which each owes the other. */
  async function expectDismissed(write: StoredRecord, by: StoredRecord): Promise<void> {
    expect(await f.store.get(divergentKey(write))).toEqual({
      record: dismissal(listing(write, true), by),
      replication: initialReplication(0),
    });
  }

  /** As when what had superseded it was lost, with contents in memory. */
  async function listCurrent(): Promise<StoredRecord> {
    const { record } = await f.put('k');
    await f.store.apply(listing(record, true));
    await expectListed(record);
    return record;
  }

  describe('a listed write', () => {
    test('P9 is no longer listed when it is written over', async () => {
      const listed = await listCurrent();
      const result = await f.store.write(change('k', '2', { now: NOW + 3, epoch: EPOCH + 5 }));
      expect(result).toMatchObject({ outcome: 'written', hasDismissed: true });
      await expectListed();
      await expectDismissed(listed, written(result).record);
      expect(await f.store.write(change('k', '3', { epoch: EPOCH + 5 }))).not.toHaveProperty('hasDismissed');
    });

    test('P9 is no longer listed when it is deleted', async () => {
      const listed = await listCurrent();
      const { record } = written(await f.store.write(change('k')));
      await expectListed();
      await expectDismissed(listed, record);
    });

    test('P9 is no longer listed when a record arrives that was written over it, or by its contents later', async () => {
      for (const [key, more] of [
        ['over it', { writer: THIRD, base: { epoch: EPOCH, version: 7 } }],
        ['later, and had seen less', { base: { epoch: EPOCH, version: 6 } }],
        ['later, by nobody else since', { ownSince: EPOCH }],
      ] as const) {
        const late = copy(key, 7);
        await f.put(key, '1', { epoch: EPOCH + 1 });
        await f.store.apply(late);
        await expectListed(late);
        const seenBy = copy(key, 8, { epoch: EPOCH + 2, ...more });
        expect(await f.store.apply(seenBy)).toBe('applied');
        await f.eventually(async () => expect(await listedIn(f, f.store, key)).not.toContain(divergentKey(late)));
        await expectDismissed(late, seenBy);
        const left = (await f.store.divergent({ limit: 9 })).entries;
        // What was here was not seen.
        for (const { record } of left) await f.store.write(change(record.key, undefined, { epoch: EPOCH + 9 }));
        await expectListed();
      }
    });

    test('P9 stays listed when a record arrives that had not certainly seen it', async () => {
      for (const [key, more] of [
        ['of others', { writer: THIRD }],
        ['of others that had seen more', { writer: THIRD, base: { epoch: EPOCH, version: 8 } }],
        ['of its contents, others in between', { base: { epoch: EPOCH, version: 8 } }],
        ['of its contents, others in between that may have been forgotten', {}],
        ['of its contents, others in between that were forgotten', { ownSince: EPOCH + 1 }],
      ] as const) {
        const late = copy(key, 7);
        await f.put(key, '1', { epoch: EPOCH + 1 });
        await f.store.apply(late);
        await f.store.apply(copy(key, 9, { epoch: EPOCH + 2, ...more }));
        await f.eventually(async () => expect(await listedIn(f, f.store, key)).toContain(divergentKey(late)));
      }
    });

    test('P9 is no longer listed when a write that had seen it is listed, too', async () => {
      const [first, second] = [copy('k', 6), copy('k', 7)];
      await f.put('k', '1', { epoch: EPOCH + 1 });
      await f.store.apply(first);
      await expectListed(first);
      await f.store.apply(second);
      await expectListed(second);
      await expectDismissed(first, second);
    });

    test('P9 is not listed for long where one that had seen it is listed already', async () => {
      const [first, second] = [copy('k', 6), copy('k', 7)];
      await f.put('k', '1', { epoch: EPOCH + 1 });
      await f.store.apply(second);
      await f.store.apply(first);
      await expectListed(second);
      await expectDismissed(first, second);
    });

    test('P9 that the other node lists is taken from the list where it was seen here', async () => {
      const before = await f.put('k');
      await f.put('k', '2');
      await f.store.apply(listing(before.record, true));
      await expectListed();
    });

    test('P9 R9 that the same contents have overwritten in a later epoch is no longer listed', async () => {
      const { record } = await f.put('k');
      const later = await f.put('k', '2', { epoch: EPOCH + 2, now: NOW + 1 });
      await f.store.apply(listing(record, true));
      await expectListed();
      await expectDismissed(record, later.record);
    });

    test('an operator’s acknowledgement stands', async () => {
      const listed = await listCurrent();
      await f.store.write(change(divergentKey(listed), undefined, { epoch: EPOCH + 1 }));
      const acknowledged = await f.store.get(divergentKey(listed));
      await f.put('k', '2', { epoch: EPOCH + 5 });
      expect(await f.store.get(divergentKey(listed))).toEqual(acknowledged);
    });

    test('P9 of a key that many write at once is no longer listed', async () => {
      await listCurrent();
      await Promise.all([1, 2, 3, 4].map((i) => f.put('k', `${i}`, { now: NOW + i })));
      await expectListed();
    });

    const arrivesFirst = async () => {
      const late = copy('k', 7);
      await f.store.apply(listing(late, true));
      await f.store.apply(copy('k', 8));
      return late;
    };
    differing('P9 that is here before its key is no longer listed either', f.engine.differences?.keepsListed, {
      async test() {
        await arrivesFirst();
        await expectListed();
      },
      async otherwise() {
        const late = await arrivesFirst();
        await expectListed(late);
        expect((await f.store.write(change(divergentKey(late)))).outcome).toBe('written');
      },
    });
  });
}
