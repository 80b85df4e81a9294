// The store contract: every key and every value comes back as it was.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ALL_GROUPS, bucketOf, digestOf } from '../../lib/digest.ts';
import { MAX_KEY_BYTES, MAX_VALUE_BYTES, MAX_VALUE_DEPTH } from '../../lib/limits.ts';
import type { Entry } from '../../lib/store/store.ts';
import { change, copy, type Fixture, NOW } from './fixture.ts';

const KEYS: readonly [string, string][] = [
  ['of 1,024 bytes', 'k'.repeat(MAX_KEY_BYTES)],
  ['of 1,024 bytes in characters of four', '😀'.repeat(MAX_KEY_BYTES / 4)],
  ['of NUL', '\0'],
  ['that ends with NUL', 'a\0'],
  ['__proto__', '__proto__'],
  ['constructor', 'constructor'],
  ['like one of the node itself', 'epoch'],
  ['of slashes, spaces and quotes', ' /a b/"\\\'%2F#:?'],
  ['beyond U+FFFF', '\u{10ffff}'],
];

/** JSON that loses something when it is parsed, or that a store might take for something else. */
const TEXTS = [
  '123456789012345678901234567890',
  '1e400',
  '-1e-400',
  '-0',
  '1.0',
  '0.1000000000000000055511151231257827',
  'null',
  'true',
  '""',
  '[]',
  '{}',
  '{ "a" : 1 ,\n"b":[ ] }',
  '{"__proto__":null,"":""}',
  '"\\u0000\\ud83d\\ude00\\/"',
  '"\u2028\u007f\ufffe\u{10ffff}"',
  `${'['.repeat(MAX_VALUE_DEPTH)}${']'.repeat(MAX_VALUE_DEPTH)}`,
];

export function valuesContract(f: Fixture): void {
  describe('a key', () => {
    test.each(KEYS)('%s is one like any other', async (_, key) => {
      const entry = await f.put(key, '1');
      expect(await f.store.get(key)).toEqual(entry);
      await f.eventually(async () => {
        expect((await f.store.list({ prefix: key, limit: 2, now: NOW })).heads).toMatchObject([{ key, version: 1 }]);
        expect((await f.store.backlog({ limit: 2 })).entries).toEqual([entry]);
        expect((await f.store.digests(ALL_GROUPS))[bucketOf(key)]).toBe(digestOf(entry.record));
        expect((await f.store.headsIn([bucketOf(key)])).heads).toMatchObject([{ key, status: 'pending' }]);
      });
      await f.acknowledge(entry);
      expect(await f.store.apply(copy(key, 7))).toBe('applied');
      expect((await f.store.get(key))?.record).toEqual(copy(key, 7));
    });

    test('is another one if it differs in case, in normalisation or by a trailing character', async () => {
      const keys = ['K', 'k', '\u00e9', 'e\u0301', 'a', 'a\0', 'a ', '\u212a'];
      for (const key of keys) await f.put(key, JSON.stringify(key));
      for (const key of keys)
        expect((await f.store.get(key))?.record).toMatchObject({ key, version: 1, value: JSON.stringify(key) });
      await f.eventually(async () =>
        expect(await f.store.count(NOW)).toEqual({ count: keys.length, isAtLeast: false }),
      );
    });
  });

  describe('a value', () => {
    test.each([
      ['x', 1],
      ['é', 2],
      ['😀', 4],
    ])('at the limit of 256 KiB comes back, and takes ten attempts with it (%s)', async (character, bytes) => {
      const value = `"${character.repeat(Math.floor((MAX_VALUE_BYTES - 2) / bytes))}"`;
      const key = 'k'.repeat(MAX_KEY_BYTES);
      const { record } = await f.put(key, value, { expiresAt: NOW + 99 });
      const error = 'replica answered 500: '.padEnd(1000, 'é');
      for (let i = 0; i < 10; i++)
        await f.store.settle(record, { at: NOW + i, durationMs: 2000, outcome: 'failed', error }, NOW + 99);
      const entry = (await f.store.get(key)) as Entry;
      expect(entry.record.value === value).toBe(true);
      expect(entry.replication?.attempts).toHaveLength(10);
      expect((await f.put(key, value)).record.version).toBe(2);
      expect(await f.store.apply(copy(key, 3, { value }))).toBe('applied');
    });

    test('of any JSON comes back as the text that it was', async () => {
      const text = fc.oneof(
        fc.constantFrom(...TEXTS),
        fc.jsonValue({ maxDepth: 5 }).map((value) => JSON.stringify(value)),
        fc.string({ unit: 'binary' }).map((value) => JSON.stringify(value)),
      );
      await fc.assert(
        fc.asyncProperty(text, text, async (first, second) => {
          for (const [key, value] of [
            ['written', first],
            ['written', second],
          ] as const) {
            await f.store.write(change(key, value));
            expect((await f.store.get(key))?.record.value).toBe(value);
          }
          const version = ((await f.store.get('applied'))?.record.version ?? 0) + 1;
          await f.store.apply(copy('applied', version, { value: first }));
          expect((await f.store.get('applied'))?.record.value).toBe(first);
        }),
        { numRuns: 50, examples: TEXTS.map((each): [string, string] => [each, 'null']) },
      );
    });
  });
}
