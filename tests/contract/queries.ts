// The store contract: pages of keys, their number, identity.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MAX_VALUE_BYTES } from '../../lib/limits.ts';
import type { Store } from '../../lib/store/store.ts';
import { change, differing, type Fixture, NOW } from './fixture.ts';

export function queriesContract(f: Fixture): void {
  describe('list', () => {
    const list = (query: Partial<Parameters<Store['list']>[0]> = {}) =>
      f.store.list({ prefix: '', limit: 1000, now: NOW, ...query });

    test('gives live keys in UTF-8 byte order', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.uniqueArray(fc.string({ unit: 'binary', minLength: 1, maxLength: 4 }), { maxLength: 12 }),
          async (keys) => {
            const target = await f.create();
            for (const key of keys) await target.write(change(key, '1'));
            const inBytes = keys
              .map((key) => Buffer.from(key))
              .sort(Buffer.compare)
              .map(String);
            await f.eventually(async () => {
              const { heads } = await target.list({ prefix: '', limit: 1000, now: NOW });
              expect(heads.map(({ key }) => key)).toEqual(inBytes);
            });
          },
        ),
        f.runs,
      );
    });

    test('leaves out what is deleted or expired', async () => {
      for (const key of ['a', 'b', 'c']) await f.put(key);
      await f.store.write(change('b'));
      await f.put('d', '1', { expiresAt: NOW + 5 });
      await f.eventually(async () => expect((await list()).heads.map(({ key }) => key)).toEqual(['a', 'c', 'd']));
      await f.eventually(async () => expect(await f.store.count(NOW)).toEqual({ count: 3, isAtLeast: false }));
      await f.eventually(async () =>
        expect((await list({ now: NOW + 5 })).heads.map(({ key }) => key)).toEqual(['a', 'c']),
      );
      await f.eventually(async () => expect(await f.store.count(NOW + 5)).toEqual({ count: 2, isAtLeast: false }));
      await f.put('d', '2', { now: NOW + 6 });
      await f.eventually(async () => expect(await f.store.count(NOW + 6)).toEqual({ count: 3, isAtLeast: false }));
    });

    test('finds a key again when the clock that had it expired was put back', async () => {
      await f.put('k', '1', { expiresAt: NOW + 5 });
      await f.eventually(async () => expect(await f.store.count(NOW + 10)).toEqual({ count: 0, isAtLeast: false }));
      await f.eventually(async () => expect((await list()).heads).toHaveLength(1));
      await f.eventually(async () => expect(await f.store.count(NOW)).toEqual({ count: 1, isAtLeast: false }));
      await f.eventually(async () => expect(await f.store.count(NOW + 10)).toEqual({ count: 0, isAtLeast: false }));
    });

    test('keeps to the prefix', async () => {
      for (const key of ['a', 'a/1', 'a/2', 'a0', 'b', 'é', 'é1']) await f.put(key);
      await f.eventually(async () =>
        expect((await list({ prefix: 'a/' })).heads.map(({ key }) => key)).toEqual(['a/1', 'a/2']),
      );
      await f.eventually(async () =>
        expect((await list({ prefix: 'é' })).heads.map(({ key }) => key)).toEqual(['é', 'é1']),
      );
      await f.eventually(async () => expect((await list({ prefix: 'zz' })).heads).toEqual([]));
    });

    test('goes down from the last key, within the prefix and page by page', async () => {
      const keys = ['a', 'a/1', 'a/2', 'a/\u{10ffff}', 'a/\u{10ffff}x', 'a0', 'b', 'é', '😀'];
      for (const key of keys) await f.put(key);
      const down = (query: Parameters<typeof list>[0]) => list({ reverse: true, ...query });
      await f.eventually(async () => expect((await down({})).heads.map(({ key }) => key)).toEqual(keys.toReversed()));
      const inPages = await f.pages((cursor) =>
        down({ prefix: 'a/', limit: 2, ...(cursor !== undefined && { cursor }) }),
      );
      expect(inPages).toEqual([
        ['a/\u{10ffff}x', 'a/\u{10ffff}'],
        ['a/2', 'a/1'],
      ]);
      expect((await down({ prefix: 'a', cursor: 'a0' })).heads.map(({ key }) => key)).toEqual(
        keys.slice(0, 5).toReversed(),
      );
      expect((await down({ prefix: 'a/', cursor: 'z' })).heads).toHaveLength(4);
      expect((await down({ prefix: 'zz' })).heads).toEqual([]);
    });

    test('goes down past what has expired, with values', async () => {
      for (const [i, key] of ['a', 'b', 'c', 'd'].entries())
        await f.put(key, `${i}`, i % 2 ? {} : { expiresAt: NOW + 5 });
      await f.eventually(async () => {
        const { heads } = await list({ reverse: true, values: true, now: NOW + 6 });
        expect(heads.map(({ key, value }) => [key, value])).toEqual([
          ['d', '3'],
          ['b', '1'],
        ]);
      });
    });

    test('pages join up, and stay valid while keys come and go', async () => {
      const keys = Array.from({ length: 25 }, (_, i) => `k${String(i).padStart(2, '0')}`);
      for (const key of keys) await f.put(key);
      await f.eventually(async () => {
        const inPages = await f.pages((cursor) =>
          list({ prefix: 'k', limit: 10, ...(cursor !== undefined && { cursor }) }),
        );
        expect(inPages.map(({ length }) => length)).toEqual([10, 10, 5]);
        expect(inPages.flat()).toEqual(keys);
      });

      const { cursor } = await list({ limit: 10 });
      await f.store.write(change('k09'));
      await f.put('k095');
      await f.eventually(async () => {
        const next = await list({ limit: 10, cursor: cursor as string });
        expect(next.heads[0]?.key).toBe('k095');
      });
    });

    test('has values where they are asked for, as they were written, and no others', async () => {
      const text = '{"a": [1e2, "\\u00e9", null]}';
      await f.put('a', text);
      await f.put('b', '2');
      await f.store.write(change('b'));
      await f.put('c', '3', { expiresAt: NOW + 5 });
      await f.put('d', 'null');
      const valuesAt = async (now: number) => {
        const { heads } = await list({ values: true, now });
        return heads.map(({ key, version, value }) => [key, version, value]);
      };
      await f.eventually(async () =>
        expect(await valuesAt(NOW)).toEqual([
          ['a', 1, text],
          ['c', 1, '3'],
          ['d', 1, 'null'],
        ]),
      );
      await f.eventually(async () => expect(await valuesAt(NOW + 5)).toHaveLength(2));
      for (const head of (await list()).heads) expect(head).not.toHaveProperty('value');
    });

    test('a page with values ends where they have no more room, and the next one goes on there', async () => {
      const keys = Array.from({ length: 9 }, (_, i) => `v${i}`);
      const long = JSON.stringify('é'.repeat(MAX_VALUE_BYTES / 2 - 1));
      for (const key of keys) await f.put(key, key === 'v1' ? '1' : long);
      await f.eventually(async () => {
        const inPages = await f.pages((cursor) => list({ values: true, ...(cursor !== undefined && { cursor }) }));
        expect(inPages.map(({ length }) => length)).toEqual([4, 3, 2]);
        expect(inPages.flat()).toEqual(keys);
      });
      const limited = await list({ values: true, limit: 2 });
      expect(limited.heads.map(({ value }) => value)).toEqual([long, '1']);
      expect(limited.cursor).toBeDefined();
    });

    test('a page that holds exactly the rest has no cursor', async () => {
      for (const key of ['a', 'b']) await f.put(key);
      await f.eventually(async () => {
        const page = await list({ limit: 2 });
        expect(page.heads).toHaveLength(2);
        expect(page).not.toHaveProperty('cursor');
      });
    });
  });

  const showsWrite = () =>
    f.eventually(async () => {
      expect(await f.store.count(NOW)).toEqual({ count: 1, isAtLeast: false });
      expect(await f.store.backlogSize()).toEqual({ count: 1, oldest: NOW });
    });
  differing('an index shows a write at once', f.engine.differences?.indexesLag, {
    async test() {
      expect(f.engine.lagMs).toBeUndefined();
      await f.put('k');
      await showsWrite();
    },
    async otherwise() {
      await f.put('k');
      await showsWrite();
    },
  });

  test('each store has an id of its own', async () => {
    expect(f.store.id).not.toBe((await f.create()).id);
  });
}
