// The store contract: what came of shipping, what is owed, what may be forgotten.
import { describe, expect, test } from '@jest/globals';
import { ALL_GROUPS } from '../../lib/digest.ts';
import { compareStamps } from '../../lib/record.ts';
import { ACKNOWLEDGED } from '../../lib/store/replication-state.ts';
import type { Entry } from '../../lib/store/store.ts';
import { change, copy, differing, EPOCH, type Fixture, NOW, written } from './fixture.ts';

export function replicationContract(f: Fixture): void {
  describe('settle', () => {
    test('P2 an acknowledgement sets replicated, and stands against a failure that began before it', async () => {
      const entry = await f.put('k');
      await f.acknowledge(entry);
      await f.store.settle(entry.record, { at: NOW + 4, durationMs: 9, outcome: 'failed', error: 'late' }, NOW + 99);
      const { replication } = (await f.store.get('k')) as Entry;
      expect(replication).toEqual({
        status: 'replicated',
        replicatedAt: NOW + 5,
        attempts: [{ at: NOW, durationMs: 5, outcome: 'applied' }],
      });
    });

    test('P4 a failure keeps the record in the backlog, with its reason and when it is due', async () => {
      const { record } = await f.put('k');
      await f.store.settle(record, { at: NOW, durationMs: 5, outcome: 'failed', error: 'refused' }, NOW + 500);
      expect((await f.store.get('k'))?.replication).toMatchObject({
        status: 'replication_failed',
        nextAttemptAt: NOW + 500,
        attempts: [{ outcome: 'failed', error: 'refused' }],
      });
      await f.eventually(async () => expect(await f.store.backlogSize()).toEqual({ count: 1, oldest: NOW }));
    });

    test('P2 of an older stamp changes nothing: it cannot hide a newer write', async () => {
      const old = await f.put('k');
      await f.put('k', '2');
      await f.acknowledge(old);
      expect((await f.store.get('k'))?.replication).toMatchObject({ status: 'pending', attempts: [] });
    });

    test('keeps the last ten attempts, and the number of those before', async () => {
      const { record } = await f.put('k');
      for (let i = 1; i <= 12; i++)
        await f.store.settle(record, { at: NOW + i, durationMs: 0, outcome: 'failed', error: `${i}` }, NOW + 100);
      expect((await f.store.get('k'))?.replication).toMatchObject({ earlierAttempts: 2 });
      expect((await f.store.get('k'))?.replication?.attempts.map(({ error }) => error)).toEqual([
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
      await f.store.settle(record, { at: NOW + 13, durationMs: 0, outcome: 'applied' });
      expect((await f.store.get('k'))?.replication).toMatchObject({ status: 'replicated', earlierAttempts: 3 });
      await f.put('k', '2');
      expect((await f.store.get('k'))?.replication).not.toHaveProperty('earlierAttempts');
    });

    test('at the same time keeps every attempt', async () => {
      const { record } = await f.put('k');
      const times = [1, 2, 3, 4, 5, 6].map((i) => NOW + i);
      await Promise.all(
        times.map((at) => f.store.settle(record, { at, durationMs: 0, outcome: 'failed', error: 'refused' }, NOW + 99)),
      );
      const attempts = (await f.store.get('k'))?.replication?.attempts ?? [];
      expect(attempts.map(({ at }) => at).sort()).toEqual(times);
    });

    test('P4 of a record that was taken in: it counts as acknowledged, and a failure puts it into the backlog', async () => {
      const record = copy('k', 1);
      await f.store.apply(record);
      await f.acknowledge({ record });
      expect(await f.store.get('k')).toEqual({ record });
      const attempt = { at: NOW, durationMs: 5, outcome: 'failed', error: 'refused' } as const;
      await f.store.settle(copy('k', 2), attempt, NOW + 500);
      expect(await f.store.get('k')).toEqual({ record });
      await f.store.settle(record, attempt, NOW + 500);
      expect((await f.store.get('k'))?.replication).toEqual({
        status: 'replication_failed',
        nextAttemptAt: NOW + 500,
        attempts: [attempt],
      });
      await f.eventually(async () => expect(await f.store.backlogSize()).toEqual({ count: 1, oldest: NOW }));
      await f.store.settle(record, { at: NOW + 9, durationMs: 1, outcome: 'same' });
      expect((await f.store.get('k'))?.replication).toMatchObject({ status: 'replicated', replicatedAt: NOW + 10 });
      await f.eventually(async () => expect(await f.store.backlogSize()).toEqual({ count: 0 }));
    });

    test('P4 of a record that was taken in and never tried keeps one failure of many at the same time in the backlog', async () => {
      const record = copy('k', 1);
      await f.store.apply(record, ACKNOWLEDGED);
      const times = [1, 2, 3, 4].map((i) => NOW + i);
      await Promise.all(
        times.map((at) => f.store.settle(record, { at, durationMs: 0, outcome: 'failed', error: 'refused' }, NOW + 99)),
      );
      expect((await f.store.get('k'))?.replication?.attempts.map(({ at }) => at).sort()).toEqual(times);
    });

    test('of a key that is not there does nothing', async () => {
      await f.store.settle(copy('none', 1), { at: NOW, durationMs: 0, outcome: 'applied' });
      expect(await f.store.get('none')).toBeUndefined();
    });
  });

  describe('the very same record, from the other node,', () => {
    const owed = async () => (await f.store.backlogSize()).count;

    test.each([
      ['pending', undefined],
      ['replication_failed', { at: NOW, durationMs: 1, outcome: 'failed', error: 'refused' } as const],
    ])('P2 acknowledges what is %s', async (status, attempt) => {
      for (const replication of [undefined, { ...ACKNOWLEDGED, replicatedAt: NOW + 7 }]) {
        const key = `${replication?.replicatedAt}`;
        const { record } = await f.put(key);
        if (attempt) await f.store.settle(record, attempt, NOW + 99);
        expect((await f.store.get(key))?.replication?.status).toBe(status);
        expect(await f.store.apply(record, replication)).toBe('same');
        expect(await f.store.get(key)).toEqual({ record, replication: replication ?? ACKNOWLEDGED });
        await f.eventually(async () => expect(await owed()).toBe(0));
      }
    });

    test('changes nothing that is acknowledged, and no newer write', async () => {
      const { record } = await f.put('k');
      await f.acknowledge({ record });
      const before = await f.store.get('k');
      expect(await f.store.apply(record)).toBe('same');
      expect(await f.store.get('k')).toEqual(before);
      const after = await f.put('k', '2');
      expect(await f.store.apply(record)).toBe('superseded');
      expect(await f.store.get('k')).toEqual(after);
      await f.eventually(async () => expect(await owed()).toBe(1));
    });

    test('has a tombstone forgotten as any other that is acknowledged', async () => {
      await f.put('k');
      const { record } = written(await f.store.write(change('k')));
      expect(await f.store.apply(record)).toBe('same');
      expect(await f.store.forget({ before: NOW + 99, epoch: EPOCH + 1, now: NOW + 99 })).toBe(
        f.engine.differences?.forgetsByItself ? 0 : 1,
      );
    });
  });

  describe('backlog', () => {
    test('P4 holds what is not acknowledged, oldest write first, in pages', async () => {
      const entries = [];
      for (let i = 0; i < 7; i++) entries.push(await f.put(`k${6 - i}`, '1', { now: NOW + i }));
      await f.acknowledge(entries[2] as Entry);
      await f.eventually(async () => {
        const inPages = await f.pages((cursor) =>
          f.store.backlog({ limit: 4, ...(cursor !== undefined && { cursor }) }),
        );
        expect(inPages.flat()).toEqual(['k6', 'k5', 'k3', 'k2', 'k1', 'k0']);
      });
      await f.eventually(async () => expect(await f.store.backlogSize()).toEqual({ count: 6, oldest: NOW }));
    });

    test('holds a key once, at its latest write; a deletion too', async () => {
      await f.put('k');
      await f.put('k', '2', { now: NOW + 3 });
      await f.store.write(change('k', undefined, { now: NOW + 5 }));
      await f.eventually(async () => expect(await f.store.backlogSize()).toEqual({ count: 1, oldest: NOW + 5 }));
      await f.eventually(async () =>
        expect((await f.store.backlog({ limit: 10 })).entries[0]?.record).toMatchObject({ key: 'k', version: 3 }),
      );
    });
  });

  describe('what is dead', () => {
    const { forgetsByItself } = f.engine.differences ?? {};
    const later = { before: NOW + 99, epoch: EPOCH + 1, now: NOW + 99 };
    const held = async (...keys: string[]) => {
      const entries = await Promise.all(keys.map((key) => f.store.get(key)));
      return keys.filter((_, i) => entries[i] !== undefined);
    };

    differing('is forgotten once it is dead for long enough and acknowledged', forgetsByItself, {
      async test() {
        await f.acknowledge(await f.put('expired', '1', { expiresAt: NOW + 10 }));
        await f.put('deleted');
        await f.acknowledge(written(await f.store.write(change('deleted', undefined, { now: NOW + 5 }))));
        await f.acknowledge(await f.put('alive'));
        await f.put('not acknowledged', '1', { expiresAt: NOW + 1 });
        expect(await f.store.forget({ ...later, before: NOW + 5 })).toBe(0);
        expect(await f.store.forget({ ...later, before: NOW + 6 })).toBe(1);
        expect(await held('expired', 'deleted')).toEqual(['expired']);
        expect(await f.store.forget(later)).toBe(1);
        expect(await held('expired', 'alive', 'not acknowledged')).toEqual(['alive', 'not acknowledged']);
      },
      async otherwise() {
        await f.acknowledge(await f.put('expired', '1', { expiresAt: NOW + 10 }));
        expect(await f.store.forget(later)).toBe(0);
        expect(await held('expired')).toEqual(['expired']);
      },
    });

    test('P3 is not forgotten in the epoch that it was written in, nor while it is live by the clock of the node', async () => {
      await f.acknowledge(await f.put('expiring', '1', { expiresAt: NOW + 10 }));
      expect(await f.store.forget({ ...later, epoch: EPOCH })).toBe(0);
      expect(await f.store.forget({ ...later, now: NOW + 9 })).toBe(0);
      expect(await held('expiring')).toEqual(['expiring']);
    });

    differing('P3 leaves nothing, and its stamp does not return', forgetsByItself, {
      async test() {
        await f.put('k');
        const { record } = written(await f.store.write(change('k')));
        await f.acknowledge(written(await f.store.write(change('k', '1'))));
        await f.acknowledge(written(await f.store.write(change('k'))));
        await f.store.raiseEpoch(EPOCH + 2);
        expect(await f.store.forget(later)).toBe(1);
        expect((await f.store.digests(ALL_GROUPS)).every((digest) => digest === 0n)).toBe(true);
        expect(await f.store.write(change('k', '1'))).toEqual({ outcome: 'outdated', epoch: EPOCH + 2 });
        const again = await f.put('k', '1', { epoch: EPOCH + 2 });
        expect(compareStamps(again.record, record)).toBeGreaterThan(0);
      },
      async otherwise() {
        // What forgets by itself waits until the epoch is over for long: see docs/durable-stores.md.
        const { record } = await f.put('k');
        expect(await f.store.forget(later)).toBe(0);
        const again = await f.put('k', '1', { epoch: EPOCH + 2 });
        expect(compareStamps(again.record, record)).toBeGreaterThan(0);
      },
    });
  });

  describe('the epoch', () => {
    test('P3 never becomes an earlier one, and tells who began it', async () => {
      expect(await f.store.highestEpoch()).toEqual({ epoch: 0 });
      expect(await f.store.raiseEpoch(EPOCH, 'a')).toEqual({ epoch: EPOCH, by: 'a' });
      expect(await f.store.raiseEpoch(EPOCH - 1, 'b')).toEqual({ epoch: EPOCH, by: 'a' });
      expect(await f.store.raiseEpoch(EPOCH + 1, 'b')).toEqual({ epoch: EPOCH + 1, by: 'b' });
      expect(await f.store.highestEpoch()).toEqual({ epoch: EPOCH + 1, by: 'b' });
    });

    test('P3 belongs to the first one that is heard', async () => {
      await f.store.raiseEpoch(EPOCH);
      expect(await f.store.highestEpoch()).toEqual({ epoch: EPOCH });
      expect(await f.store.raiseEpoch(EPOCH, 'a')).toEqual({ epoch: EPOCH, by: 'a' });
      expect(await f.store.raiseEpoch(EPOCH, 'b')).toEqual({ epoch: EPOCH, by: 'a' });
    });

    test('at the same time is that of one of them', async () => {
      const seen = await Promise.all(['a', 'b', 'c'].map((by) => f.store.raiseEpoch(EPOCH, by)));
      const { by } = await f.store.highestEpoch();
      expect(['a', 'b', 'c']).toContain(by);
      expect(seen).toEqual(seen.map(() => ({ epoch: EPOCH, by })));
    });
  });

  test('P7 contents are complete from when that is said, and stay so', async () => {
    expect(await f.store.isComplete()).toBe(false);
    await f.store.completed();
    expect(await f.store.isComplete()).toBe(true);
    await f.store.completed();
    expect(await f.store.isComplete()).toBe(true);
  });
}
