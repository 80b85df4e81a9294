// The store contract: writing and applying.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MAX_TAGS } from '../../lib/limits.ts';
import type { StoredRecord } from '../../lib/record.ts';
import type { Change, Condition } from '../../lib/store/store.ts';
import { change, copy, EPOCH, type Fixture, IN_FLIGHT, NOW } from './fixture.ts';

export function writesContract(f: Fixture): void {
  describe('write', () => {
    test('starts at version 1, counts on, and sets the status to pending', async () => {
      const first = await f.store.write(change('k', '"a"'));
      expect(first).toMatchObject({
        outcome: 'written',
        created: true,
        entry: { record: copy('k', 1, { value: '"a"', writer: f.writer }) },
      });
      const second = await f.store.write(change('k', '"b"', { now: NOW + 1 }));
      expect(second).toMatchObject({
        outcome: 'written',
        created: false,
        entry: { record: { version: 2, updatedAt: NOW + 1 } },
      });
      expect(await f.store.get('k')).toMatchObject({
        record: { value: '"b"', version: 2 },
        replication: { status: 'pending', nextAttemptAt: IN_FLIGHT, attempts: [] },
      });
    });

    test('P7 of nothing deletes: a tombstone that keeps the version', async () => {
      await f.put('k');
      const deleted = await f.store.write(change('k'));
      expect(deleted).toMatchObject({ outcome: 'written', created: false, entry: { record: { version: 2 } } });
      expect((await f.store.get('k'))?.record).not.toHaveProperty('value');
      expect(await f.store.write(change('k', '3'))).toMatchObject({
        outcome: 'written',
        created: true,
        entry: { record: { version: 3 } },
      });
    });

    test('refuses to delete what is not there, deleted or expired', async () => {
      expect(await f.store.write(change('none'))).toEqual({ outcome: 'refused' });
      await f.put('k');
      await f.store.write(change('k'));
      expect(await f.store.write(change('k'))).toMatchObject({
        outcome: 'refused',
        current: { record: { version: 2 } },
      });
      await f.put('brief', '1', { expiresAt: NOW + 1 });
      expect(await f.store.write(change('brief', undefined, { now: NOW + 1 }))).toMatchObject({ outcome: 'refused' });
    });

    test('never says that it was written before the one before it', async () => {
      await f.put('k', '1', { now: NOW + 9 });
      expect((await f.put('k', '2')).record.updatedAt).toBe(NOW + 9);
    });

    test('P3 in a later epoch goes on counting, and its stamp is newer', async () => {
      await f.put('k');
      expect((await f.put('k', '2', { epoch: EPOCH + 5 })).record).toMatchObject({ epoch: EPOCH + 5, version: 2 });
    });

    test('P3 of an epoch that is over does not happen: the key has been written in a later one', async () => {
      await f.put('k', '1', { epoch: EPOCH + 5 });
      for (const value of ['"late"', undefined])
        expect(await f.store.write(change('k', value))).toEqual({ outcome: 'outdated', epoch: EPOCH + 5 });
      expect((await f.store.get('k'))?.record).toMatchObject({ epoch: EPOCH + 5, version: 1, value: '1' });
    });

    test('P1 writes under way together get every version once', async () => {
      const entries = await Promise.all(Array.from({ length: f.runs.numRuns }, (_, i) => f.put('k', `${i}`)));
      expect(entries.map(({ record }) => record.version).sort((a, b) => a - b)).toEqual(
        Array.from({ length: f.runs.numRuns }, (_, i) => i + 1),
      );
      expect((await f.store.get('k'))?.record.version).toBe(f.runs.numRuns);
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
        (await f.store.write(change(key, '2', { condition: condition as object }))).outcome === 'written';
      await f.put('live');
      await f.put('expired', '1', { expiresAt: NOW });
      expect(await outcome('live')).toBe(happens.live);
      expect(await outcome('never')).toBe(happens.absent);
      expect(await outcome('expired')).toBe(happens.absent);
    });

    test('takes 20 tags in both headers at once', async () => {
      const { record } = await f.put('k', '1', { epoch: Number.MAX_SAFE_INTEGER });
      const others = Array.from({ length: MAX_TAGS }, (_, i) => ({
        epoch: Number.MAX_SAFE_INTEGER,
        version: 1000 + i,
      }));
      const withIt = [...others.slice(1), record];
      const write = async (condition: Condition) =>
        (await f.store.write(change('k', '2', { epoch: Number.MAX_SAFE_INTEGER, condition }))).outcome;
      expect(await write({ ifMatch: withIt, ifNoneMatch: withIt })).toBe('refused');
      expect(await write({ ifMatch: others, ifNoneMatch: others })).toBe('refused');
      expect(await write({ ifMatch: withIt, ifNoneMatch: others })).toBe('written');
    });

    test('P1 on a condition is decided and done in one step', async () => {
      const tries = await Promise.all(
        Array.from({ length: 20 }, (_, i) => f.store.write(change('k', `${i}`, { condition: { ifNoneMatch: '*' } }))),
      );
      expect(tries.filter(({ outcome }) => outcome === 'written')).toHaveLength(1);
    });
  });

  describe('apply', () => {
    test('P3 takes the newer stamp, whatever the order', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.shuffledSubarray([1, 2, 3, 4, 5, 6], { minLength: 1 }),
          fc.array(fc.integer({ min: 0, max: 5 })),
          async (order, again) => {
            const target = await f.create();
            const records = order.map((n) => copy('k', n % 3, { epoch: EPOCH + Math.floor(n / 3), value: `${n}` }));
            const repeated = again.map((i) => records[i % records.length] as StoredRecord);
            for (const record of [...records, ...repeated]) await target.apply(record);
            expect((await target.get('k'))?.record.value).toBe(`${Math.max(...order)}`);
          },
        ),
        f.runs,
      );
    });

    test('says what it did', async () => {
      expect(await f.store.apply(copy('k', 2))).toBe('applied');
      expect(await f.store.apply(copy('k', 2))).toBe('same');
      expect(await f.store.apply(copy('k', 1))).toBe('superseded');
      expect(await f.store.apply(copy('k', 1, { epoch: EPOCH + 1 }))).toBe('applied');
    });

    test('P3 P7 keeps a tombstone against a late older value, and expiry as it came', async () => {
      const { value: _, ...tombstone } = copy('k', 2);
      await f.store.apply(tombstone);
      expect(await f.store.apply(copy('k', 1))).toBe('superseded');
      await f.store.apply(copy('brief', 1, { expiresAt: NOW + 7 }));
      expect((await f.store.get('brief'))?.record.expiresAt).toBe(NOW + 7);
    });

    test('keeps no replication status, so that the record is in no backlog, unless it is given one', async () => {
      await f.store.apply(copy('k', 1));
      expect((await f.store.get('k'))?.replication).toBeUndefined();
      await f.store.apply(copy('back', 1), { status: 'replicated', replicatedAt: NOW, attempts: [] });
      expect((await f.store.get('back'))?.replication?.status).toBe('replicated');
      await f.eventually(async () => expect(await f.store.backlogSize()).toEqual({ count: 0 }));
    });
  });
}
