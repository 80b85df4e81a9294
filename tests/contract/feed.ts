// The store contract: the feed. A reader that goes on and on knows what each key is, and misses no deletion.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { divergentKey } from '../../lib/divergent.ts';
import type { ChangedKey, Feed, Store } from '../../lib/store/store.ts';
import { FeedReader } from '../support/feed-reader.ts';
import { change, copy, EPOCH, type Fixture, NOW, written } from './fixture.ts';

export function feedContract(f: Fixture): void {
  if (f.engine.differences?.keepsNoOrder !== undefined) {
    test(`keeps the order of changes (differs: ${f.engine.differences.keepsNoOrder})`, () => {
      expect(f.store.feed).toBeUndefined();
    });
    return;
  }
  const feed = () => f.store.feed as Feed;
  const after = (place: number, query: Partial<Parameters<Feed['after']>[1]> = {}) =>
    feed().after(place, { prefix: '', limit: 100, values: false, ...query });
  const keys = (changes: readonly ChangedKey[]) => changes.map(({ key }) => key);

  describe('the feed', () => {
    test('has each key once, where it changed last, deletions and copies included', async () => {
      expect([feed().last, await after(0)]).toEqual([0, { changes: [], next: 0, isLast: true }]);
      for (const key of ['a', 'b', 'c']) await f.put(key);
      await f.put('a', '2', { expiresAt: NOW + 5 });
      await f.store.write(change('b'));
      await f.store.apply(copy('d', 3));
      const { changes, next, isLast } = await after(0);
      expect(keys(changes)).toEqual(['c', 'a', 'b', 'd']);
      expect(changes[1]).toEqual({
        ...{ key: 'a', epoch: EPOCH, version: 2, updatedAt: NOW },
        ...{ expiresAt: NOW + 5, isDeletion: false },
      });
      expect(changes[2]).toMatchObject({ key: 'b', version: 2, isDeletion: true });
      expect([next, isLast]).toEqual([feed().last, true]);
      await f.put('c', '2');
      expect(keys((await after(next)).changes)).toEqual(['c']);
    });

    test('has values where they are asked for, as they were written', async () => {
      const text = '{"a": [1e2, "\\u00e9"]}';
      await f.put('a', text);
      await f.store.write(change('a'));
      await f.put('b', text);
      expect((await after(0, { values: true })).changes.map(({ value }) => value)).toEqual([undefined, text]);
      expect((await after(0)).changes[1]).not.toHaveProperty('value');
    });

    test('goes by pages, and by prefix', async () => {
      for (let i = 0; i < 25; i++) await f.put(`${i % 2 ? 'odd' : 'even'}/${i}`);
      const first = await after(0, { prefix: 'odd/', limit: 5 });
      expect([keys(first.changes), first.isLast]).toEqual([[1, 3, 5, 7, 9].map((i) => `odd/${i}`), false]);
      const second = await after(first.next, { prefix: 'odd/' });
      expect([second.changes.length, second.next, second.isLast]).toEqual([7, feed().last, true]);
    });

    test('a page with values ends where they have no more room', async () => {
      const value = `"${'x'.repeat(250_000)}"`;
      for (let i = 0; i < 6; i++) await f.put(`v${i}`, value);
      const { changes, next, isLast } = await after(0, { values: true });
      expect([changes.length, isLast]).toEqual([4, false]);
      expect(keys((await after(next, { values: true })).changes)).toEqual(['v4', 'v5']);
    });

    test('has nothing of what changes a copy only, of what was refused, and of divergent writes', async () => {
      const { record } = await f.put('a');
      const { last } = feed();
      await f.acknowledge({ record });
      await f.store.apply(record);
      await f.store.apply(copy('a', 1, { epoch: EPOCH - 1, version: 1 }));
      await f.store.write(change('none'));
      await f.store.apply({
        ...copy(divergentKey({ key: 'x', epoch: 3, version: 3 }), 3),
        value: '{"value":1}',
        epoch: 3,
      });
      expect(feed().last).toBe(last);
    });

    test('knows what was forgotten last', async () => {
      await f.put('a');
      const deleted = written(await f.store.write(change('a')));
      await f.put('b');
      await f.acknowledge(deleted);
      expect(feed().forgotten).toBe(0);
      await f.store.forget({ before: NOW + 99, epoch: EPOCH + 1, now: NOW + 99 });
      expect([feed().forgotten, feed().last]).toEqual([2, 3]);
      expect(keys((await after(0)).changes)).toEqual(['b']);
    });

    test('a reader that goes on knows at last what each key is, or that it must begin again', async () => {
      const key = fc.constantFrom('a', 'b', 'c');
      const act = fc.oneof(
        fc.record({ act: fc.constant('put' as const), key }),
        fc.record({ act: fc.constant('delete' as const), key }),
        fc.record({ act: fc.constant('apply' as const), key, version: fc.integer({ min: 1, max: 9 }) }),
        fc.record({ act: fc.constant('forget' as const) }),
        fc.record({ act: fc.constant('read' as const), limit: fc.integer({ min: 1, max: 3 }) }),
      );
      await fc.assert(
        fc.asyncProperty(fc.array(act, { maxLength: 40 }), async (acts) => {
          const store = await f.create();
          const reader = new FeedReader(store.feed as Feed);
          for (const [i, each] of acts.entries()) {
            const now = NOW + i;
            if (each.act === 'put') await store.write(change(each.key, `${i}`, { now, epoch: EPOCH + 1 }));
            if (each.act === 'delete') await acknowledged(store, each.key, now);
            if (each.act === 'apply')
              await store.apply(copy(each.key, each.version, { updatedAt: now, epoch: EPOCH + 2 }));
            if (each.act === 'forget') await store.forget({ before: now, epoch: EPOCH + 9, now });
            if (each.act === 'read') await reader.read(each.limit);
          }
          if (reader.isGone) return;
          while (!(await reader.read(2)));
          for (const name of ['a', 'b', 'c']) {
            const record = (await store.get(name))?.record;
            const seen = reader.known.get(name);
            if (record) expect(seen).toMatchObject({ version: record.version, epoch: record.epoch });
            // What is forgotten was dead.
            else if (seen) expect(seen.isDeletion).toBe(true);
          }
        }),
        f.runs,
      );
    });
  });

  if (f.engine.durable) {
    const { reopen } = f.engine.durable;
    test('the feed goes on where it was when its contents are opened again', async () => {
      await f.put('a');
      const deleted = written(await f.store.write(change('a')));
      await f.acknowledge(deleted);
      await f.store.forget({ before: NOW + 99, epoch: EPOCH + 1, now: NOW + 99 });
      const { last, forgotten } = feed();
      const again = await reopen(f.store);
      expect([again.feed?.last, again.feed?.forgotten]).toEqual([last, forgotten]);
      await again.write(change('b', '1', { epoch: EPOCH + 1 }));
      const page = await again.feed?.after(last, { prefix: '', limit: 9, values: false });
      expect(page?.changes.map(({ key }) => key)).toEqual(['b']);
    });
  }
}

/** A deletion that the other node has. */
async function acknowledged(store: Store, key: string, now: number): Promise<void> {
  const result = await store.write(change(key, undefined, { now, epoch: EPOCH + 1 }));
  if (result.outcome !== 'written') return;
  await store.settle(result.entry.record, { at: now, durationMs: 1, outcome: 'applied' });
}
