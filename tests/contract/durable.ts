// The store contract: what an engine keeps for its primary beside the records, if its contents outlive a process.
import { describe, expect, test } from '@jest/globals';
import { ALL_GROUPS } from '../../lib/digest.ts';
import { writerOf } from '../../lib/store/base.ts';
import type { NodeState, Store } from '../../lib/store/store.ts';
import { change, copy, differing, EPOCH, type Fixture, NOW, written } from './fixture.ts';
import type { Engine } from './store.ts';

const NOTES = ['replica-state', 'last-contact'] as const;

export function durableContract(f: Fixture): void {
  const { durable, differences } = f.engine;
  differing('P5 contents outlive the process', differences?.endsWithProcess, {
    async test() {
      const entry = await f.put('k');
      const other = await durable?.reopen(f.store);
      expect(other?.id).toBe(f.store.id);
      expect(await other?.get('k')).toEqual(entry);
      expect(other?.nodeState).toBeDefined();
    },
    async otherwise() {
      expect(f.store.nodeState).toBeUndefined();
    },
  });
  if (durable) keepsEpochs(f, durable);
}

function keepsEpochs(f: Fixture, durable: NonNullable<Engine['durable']>): void {
  const of = (store: Store) => store.nodeState as NodeState;

  describe('an epoch', () => {
    test('is begun, unless the store has seen an epoch as high', async () => {
      expect(await of(f.store).epochs()).toEqual({ highest: 0 });
      await of(f.store).claimEpoch(5);
      expect(await of(f.store).epochs()).toEqual({ own: 5, highest: 5, by: f.store.id });
      expect(await f.store.raiseEpoch(9)).toEqual({ epoch: 9 });
      for (const late of [4, 7, 9]) await of(f.store).claimEpoch(late);
      expect(await of(f.store).epochs()).toEqual({ own: 5, highest: 9 });
      await of(f.store).claimEpoch(10);
      expect(await of(f.store).epochs()).toEqual({ own: 10, highest: 10, by: f.store.id });
      expect(await f.store.raiseEpoch(3)).toMatchObject({ epoch: 10 });
      expect(await f.store.highestEpoch()).toEqual({ epoch: 10, by: f.store.id });
    });

    test('that several begin at once is that of the highest', async () => {
      const stores = await Promise.all([1, 2, 3].map(() => durable.another(f.store)));
      const epochs = [104, 101, 109, 103, 108, 102, 107, 105, 106];
      await Promise.all(epochs.map((epoch, i) => of(stores[i % 3] as Store).claimEpoch(epoch)));
      for (const store of stores) expect(await of(store).epochs()).toMatchObject({ own: 109, highest: 109 });
    });

    test('that several begin at once, each after the one that it has found, is begun once', async () => {
      const stores = await Promise.all([1, 2, 3].map(() => durable.another(f.store)));
      for (const after of [0, 100]) {
        const epochs = [1, 2, 3].map((i) => after + 100 * i);
        await Promise.all(epochs.map((epoch, i) => of(stores[i] as Store).claimEpoch(epoch, after)));
        const { own, highest } = await of(f.store).epochs();
        expect(epochs).toContain(own);
        expect(highest).toBe(own);
        for (const epoch of epochs) await of(f.store).claimEpoch(epoch + 1, after);
        expect(await of(f.store).epochs()).toMatchObject({ own, highest });
        if (after === 0) await of(f.store).claimEpoch(100, own);
      }
    });

    test('is not begun in place of a higher epoch that is seen at the same time', async () => {
      const other = await durable.another(f.store);
      await Promise.all([of(f.store).claimEpoch(20), other.raiseEpoch(30)]);
      const { own, highest } = await of(f.store).epochs();
      expect(highest).toBe(30);
      expect([undefined, 20]).toContain(own);
    });
  });

  describe('a note', () => {
    test('is kept as it was set last, beside the other one', async () => {
      const { note, keepNote } = of(f.store);
      expect(await note('replica-state')).toEqual({ revision: 0 });
      const texts = ['{}', JSON.stringify({ error: 'é😀\0'.repeat(1000) }), ''];
      for (const [revision, text] of texts.entries()) {
        expect(await keepNote('replica-state', text, revision)).toBe(true);
        expect(await note('replica-state')).toEqual({ revision: revision + 1, text });
      }
      expect(await note('last-contact')).toEqual({ revision: 0 });
    });

    test('is not changed by a process that has not seen the last change', async () => {
      const other = of(await durable.another(f.store));
      expect(await of(f.store).keepNote('last-contact', 'first', 0)).toBe(true);
      for (const revision of [0, 2]) expect(await other.keepNote('last-contact', 'late', revision)).toBe(false);
      expect(await other.note('last-contact')).toEqual({ revision: 1, text: 'first' });
    });

    test('that several change at once is changed by one', async () => {
      const stores = await Promise.all([1, 2, 3, 4].map(() => durable.another(f.store)));
      const kept = await Promise.all(stores.map((store, i) => of(store).keepNote('replica-state', `${i}`, 0)));
      expect(kept.filter(Boolean)).toHaveLength(1);
      const text = `${kept.indexOf(true)}`;
      expect(await of(f.store).note('replica-state')).toEqual({ revision: 1, text });
    });
  });

  describe('the repair lock', () => {
    const until = NOW + 15_000;

    test('has one owner until it is over, or given back', async () => {
      const other = of(await durable.another(f.store));
      expect(await of(f.store).takeRepairLock('a', NOW, until)).toBe(true);
      expect(await other.takeRepairLock('b', NOW, until)).toBe(false);
      expect(await other.takeRepairLock('b', until - 1, until + 1)).toBe(false);
      expect(await of(f.store).takeRepairLock('a', NOW, until)).toBe(true);
      expect(await other.takeRepairLock('b', until, until + 15_000)).toBe(true);
      await of(f.store).releaseRepairLock('a');
      expect(await of(f.store).takeRepairLock('a', until, until + 15_000)).toBe(false);
      await other.releaseRepairLock('b');
      expect(await of(f.store).takeRepairLock('a', until, until + 15_000)).toBe(true);
    });

    test('is renewed by its owner only, also late', async () => {
      expect(await of(f.store).renewRepairLock('a', until)).toBe(false);
      await of(f.store).takeRepairLock('a', NOW, until);
      expect(await of(f.store).renewRepairLock('b', until)).toBe(false);
      expect(await of(f.store).renewRepairLock('a', until + 5000)).toBe(true);
      expect(await of(f.store).takeRepairLock('b', until, until + 15_000)).toBe(false);
      expect(await of(f.store).takeRepairLock('b', until + 5000, until + 20_000)).toBe(true);
      expect(await of(f.store).renewRepairLock('a', until + 30_000)).toBe(false);
    });

    test('is free when its end is more than twice as far ahead as that of who wants it', async () => {
      await of(f.store).takeRepairLock('a', NOW + 15_000, NOW + 30_000);
      expect(await of(f.store).takeRepairLock('b', NOW, NOW + 15_000)).toBe(false);
      await of(f.store).renewRepairLock('a', NOW + 30_001);
      expect(await of(f.store).takeRepairLock('b', NOW, NOW + 15_000)).toBe(true);
    });

    test('that many want at once goes to one', async () => {
      const stores = await Promise.all(Array.from({ length: 5 }, () => durable.another(f.store)));
      const taken = await Promise.all(stores.map((store, i) => of(store).takeRepairLock(`${i}`, NOW, until)));
      expect(taken.filter(Boolean)).toHaveLength(1);
    });
  });

  test('epoch, notes, repair lock and role are no records', async () => {
    await of(f.store).claimEpoch(5);
    await f.store.setRoleState({ role: 'primary', term: 1 }, 0);
    await of(f.store).takeRepairLock('a', NOW, NOW + 15_000);
    for (const name of NOTES) await of(f.store).keepNote(name, 'saved', 0);
    const names = ['epoch', ...NOTES, 'repair-lock', 'complete', 'role'];
    for (const key of names) expect(await f.store.get(key)).toBeUndefined();
    await f.eventually(async () => {
      expect((await f.store.list({ prefix: '', limit: 9, now: NOW })).heads).toEqual([]);
      expect((await f.store.digests(ALL_GROUPS)).every((digest) => digest === 0n)).toBe(true);
    });
    for (const key of names) await f.put(key, '"record"');
    expect(await of(f.store).epochs()).toMatchObject({ own: 5, highest: 5 });
    for (const name of NOTES) expect(await of(f.store).note(name)).toEqual({ revision: 1, text: 'saved' });
    expect(await of(f.store).takeRepairLock('b', NOW, NOW + 15_000)).toBe(false);
  });

  test('a later process finds the same epoch, notes and role', async () => {
    await of(f.store).claimEpoch(5);
    await f.store.raiseEpoch(7);
    await f.store.setRoleState({ role: 'replica', term: 1 }, 0);
    for (const name of NOTES) await of(f.store).keepNote(name, 'saved', 0);
    await f.store.completed();
    const later = await durable.reopen(f.store);
    expect(await later.isComplete()).toBe(true);
    expect(await of(later).epochs()).toEqual({ own: 5, highest: 7 });
    for (const name of NOTES) expect(await of(later).note(name)).toEqual({ revision: 1, text: 'saved' });
    expect(await later.roleState()).toEqual({ revision: 1, state: { role: 'replica', term: 1 } });
    expect(await later.setRoleState({ role: 'primary', term: 1 }, 0)).toBe(false);
  });

  test('a later process finds the records, the backlog, what is listed, and the digests', async () => {
    await f.acknowledge(await f.put('acknowledged'));
    await f.put('owed', '2', { expiresAt: NOW + 9 });
    await f.store.apply(copy('owed', 1, { epoch: EPOCH + 1 }));
    await f.put('deleted');
    await f.store.write(change('deleted', undefined, { now: NOW + 1 }));
    const shown = async (store: Store) => ({
      list: (await store.list({ prefix: '', limit: 9, now: NOW })).heads,
      count: await store.count(NOW),
      backlog: (await store.backlog({ limit: 9 })).entries.map(({ record }) => record.key).sort(),
      backlogSize: await store.backlogSize(),
      divergent: (await store.divergent({ limit: 9 })).entries,
      divergentCount: await store.divergentCount(),
      digests: (await store.digests(ALL_GROUPS)).filter((digest) => digest !== 0n),
    });
    let before = await shown(f.store);
    await f.eventually(async () => {
      before = await shown(f.store);
      expect([before.list.length, before.backlog.length, before.divergentCount]).toEqual([2, 2, 1]);
    });
    const later = await durable.reopen(f.store);
    await f.eventually(async () => expect(await shown(later)).toEqual(before));
  });

  test('another process finds the same epoch, notes and role', async () => {
    await of(f.store).claimEpoch(5);
    await f.store.setRoleState({ role: 'replica', term: 1 }, 0);
    for (const name of NOTES) await of(f.store).keepNote(name, 'saved', 0);
    await f.store.completed();
    const other = await durable.another(f.store);
    expect(await other.isComplete()).toBe(true);
    expect(await of(other).epochs()).toMatchObject({ own: 5, highest: 5 });
    for (const name of NOTES) expect(await of(other).note(name)).toEqual({ revision: 1, text: 'saved' });
    expect(await other.roleState()).toEqual({ revision: 1, state: { role: 'replica', term: 1 } });
    expect(await other.setRoleState({ role: 'primary', term: 1 }, 0)).toBe(false);
    expect(await other.setRoleState({ role: 'primary', term: 1 }, 1)).toBe(true);
    expect(await f.store.setRoleState({ role: 'replica', term: 1 }, 1)).toBe(false);
  });

  test('contents restored from a backup take what those before wrote for the records of others; another process does not', async () => {
    const { record } = await f.put('k');
    const other = await durable.another(f.store);
    expect(written(await other.write(change('k', '2'))).record).not.toHaveProperty('base');
    const restored = await durable.restore(f.store);
    const { epoch, version } = record;
    for (const value of ['3', '4'])
      expect(written(await restored.write(change('k', value))).record.base).toEqual({ epoch, version: version + 1 });
    expect(await restored.get('k')).toMatchObject({ record: { version: 4, writer: writerOf(restored.id) } });
  });

  test('contents restored from a backup have another id, and neither the epoch, the notes nor the role of those before', async () => {
    await of(f.store).claimEpoch(5);
    for (const name of NOTES) await of(f.store).keepNote(name, 'saved', 0);
    await f.store.completed();
    for (const revision of [0, 1]) await f.store.setRoleState({ role: 'replica', term: 1 }, revision);
    const entry = await f.put('k');
    const restored = await durable.restore(f.store);
    expect(restored.id).not.toBe(f.store.id);
    expect(await of(restored).epochs()).toEqual({ highest: 5, by: f.store.id });
    expect(await restored.isComplete()).toBe(false);
    for (const name of NOTES) expect(await of(restored).note(name)).toEqual({ revision: 0 });
    expect(await restored.roleState()).toEqual({ revision: 0 });
    expect(await restored.setRoleState({ role: 'primary', term: 1 }, 2)).toBe(false);
    expect(await restored.setRoleState({ role: 'primary', term: 1 }, 0)).toBe(true);
    expect(await restored.roleState()).toEqual({ revision: 1, state: { role: 'primary', term: 1 } });
    expect(await f.store.roleState()).toEqual({ revision: 2, state: { role: 'replica', term: 1 } });
    expect(await restored.get('k')).toEqual(entry);
    expect(entry.record.writer).not.toBe(writerOf(restored.id));
    await of(restored).claimEpoch(6);
    expect(await of(restored).keepNote('replica-state', 'another', 1)).toBe(false);
    expect(await of(restored).keepNote('replica-state', 'another', 0)).toBe(true);
    expect(await of(restored).epochs()).toEqual({ own: 6, highest: 6, by: restored.id });
    expect(await of(restored).note('replica-state')).toEqual({ revision: 1, text: 'another' });
    expect(await of(f.store).epochs()).toMatchObject({ own: 5, highest: 5 });
  });
}
