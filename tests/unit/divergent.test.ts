// Divergent writes: how they are named, and which they are.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bucketOf } from '../../lib/digest.ts';
import {
  clientKey,
  dismissal,
  divergentKey,
  divergentPlace,
  divergentPrefix,
  divergentWrite,
  hasSeen,
  isDivergent,
  isDivergentKey,
  listing,
  type WriteName,
  writeAt,
} from '../../lib/divergent.ts';
import { keyProblem } from '../../lib/key.ts';
import { MAX_KEY_BYTES, MAX_STAMP_PART } from '../../lib/limits.ts';
import type { Stamp, StoredRecord } from '../../lib/record.ts';

/** Any key of a client: spaces, digits and what ends a name are likely in it. */
const key = fc
  .oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }),
    fc.string({
      unit: fc.constantFrom('1', ' ', '9', '-', '\n', '\u0000', '\uffff', '\u{10ffff}', '😀'),
      minLength: 1,
    }),
  )
  .filter((text) => keyProblem(text) === undefined);
const part = fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: MAX_STAMP_PART }));
const write: fc.Arbitrary<WriteName> = fc.record({ key, epoch: part, version: part });

describe('the key of a divergent write', () => {
  test('names the write, whatever its key is', () => {
    fc.assert(
      fc.property(write, (name) => {
        const listed = divergentKey(name);
        expect(divergentWrite(listed)).toEqual(name);
        expect(clientKey(listed)).toBe(name.key);
        expect(isDivergentKey(listed)).toBe(true);
        expect(listed.startsWith(divergentPrefix(name.key))).toBe(true);
      }),
    );
  });

  test('is another one for each write', () => {
    fc.assert(
      fc.property(fc.uniqueArray(write, { selector: (name) => JSON.stringify(name), maxLength: 30 }), (names) => {
        expect(new Set(names.map(divergentKey)).size).toBe(names.length);
      }),
    );
  });

  test('P8 cannot be a key of a client, which is one and none of a divergent write', () => {
    fc.assert(
      fc.property(write, (name) => {
        expect(keyProblem(divergentKey(name))).toBeDefined();
        expect([isDivergentKey(name.key), divergentWrite(name.key), clientKey(name.key)]).toEqual([
          false,
          undefined,
          name.key,
        ]);
      }),
    );
  });

  test('does not begin with what those of another key begin with', () => {
    fc.assert(
      fc.property(write, key, (name, other) => {
        expect(divergentKey(name).startsWith(divergentPrefix(other))).toBe(other === name.key);
      }),
    );
  });

  test('is in the bucket of its key, so that a comparison finds both', () => {
    fc.assert(fc.property(write, (name) => expect(bucketOf(divergentKey(name))).toBe(bucketOf(name.key))));
  });

  const [MARK = ''] = divergentPrefix('k');
  test('P8 is spelled in one way only: any other text with its mark names no write', () => {
    const others = [
      `${MARK}`,
      `${MARK}k`,
      `${MARK}k${MARK}`,
      `${MARK}k${MARK}1`,
      `${MARK}k${MARK}1 `,
      `${MARK}k${MARK}1 1 1`,
      `${MARK}k${MARK}01 1`,
      `${MARK}k${MARK}0 1`,
      `${MARK}k${MARK}1 0`,
      `${MARK}k${MARK}1  1`,
      `${MARK}k${MARK}-1 1`,
      `${MARK}k${MARK}1e3 1`,
      `${MARK}k${MARK}1 1\n`,
      `${MARK}k${MARK}${'9'.repeat(16)} 1`,
      `${MARK}1 1`,
    ];
    for (const text of others) expect([text, divergentWrite(text), clientKey(text)]).toEqual([text, undefined, text]);
  });
});

describe('the place of a divergent write in a list', () => {
  test('names the write, in Unicode text', () => {
    fc.assert(
      fc.property(write, (name) => {
        const place = divergentPlace(name);
        expect(writeAt(place)).toEqual(name);
        expect(place.isWellFormed()).toBe(true);
      }),
    );
  });

  test('P8 is that of a write whose key a client can have: any other text is none', () => {
    const others = [
      '',
      '1',
      '1 1',
      '1 1 ',
      '0 1 k',
      '01 1 k',
      'k 1 1',
      `1 1 ${'k'.repeat(MAX_KEY_BYTES + 1)}`,
      '1 1 \ud800',
      divergentKey({ key: 'k', epoch: 1, version: 1 }),
      `1 1 ${divergentKey({ key: 'k', epoch: 1, version: 1 })}`,
    ];
    for (const text of others) expect([text, writeAt(text)]).toEqual([text, undefined]);
  });
});

const stampOf = (text: string): Stamp => {
  const [epoch = 0, version = 0] = text.split('-').map(Number);
  return { epoch, version };
};
/** @param writer of the record @param base what it had seen of others */
const recordOf = (stamp: string, writer?: string, base?: string): StoredRecord => ({
  key: 'k',
  value: '1',
  updatedAt: 1,
  ...stampOf(stamp),
  ...(writer !== undefined && { writer }),
  ...(base !== undefined && { base: stampOf(base) }),
});

describe('P9 R9 the older of two records of a key', () => {
  test.each<[string, StoredRecord, StoredRecord, boolean]>([
    ['is not divergent: the same contents wrote both', recordOf('1-1', 'a'), recordOf('1-2', 'a'), false],
    ['is not, in whichever epoch they wrote', recordOf('1-1', 'a'), recordOf('9-2', 'a'), false],
    ['is not, where others wrote in between', recordOf('1-1', 'a'), recordOf('9-3', 'a', '5-2'), false],
    [
      'is divergent: others wrote the newer one, and had seen nothing',
      recordOf('1-1', 'a'),
      recordOf('2-1', 'b'),
      true,
    ],
    ['is not: they had seen this very one', recordOf('1-1', 'a'), recordOf('2-2', 'b', '1-1'), false],
    ['is not: they had seen a newer one, by version', recordOf('1-1', 'a'), recordOf('2-3', 'b', '1-2'), false],
    ['is not: they had seen a newer one, by epoch', recordOf('1-9', 'a'), recordOf('3-2', 'b', '2-1'), false],
    ['is: they had seen an older one only, by version', recordOf('1-2', 'a'), recordOf('2-2', 'b', '1-1'), true],
    ['is: they had seen an older one only, by epoch', recordOf('2-1', 'a'), recordOf('3-9', 'b', '1-8'), true],
    ['is: nobody knows who wrote it', recordOf('1-1'), recordOf('2-1', 'b'), true],
    ['is: nobody knows who wrote either', recordOf('1-1'), recordOf('2-1'), true],
    ['is: nobody knows who wrote the newer one', recordOf('1-1', 'a'), recordOf('2-1'), true],
    ['is not: whoever wrote the newer one had seen it', recordOf('1-1'), recordOf('2-2', undefined, '1-1'), false],
  ])('%s', (_, older, newer, expected) => {
    expect(isDivergent(older, newer)).toBe(expected);
  });

  test('is not divergent where it lists a divergent write itself', () => {
    const listed = listing(recordOf('1-1', 'a'), true);
    expect(isDivergent(listed, { ...listed, version: 2, writer: 'b' })).toBe(false);
  });
});

describe('P9 R9 a listed write', () => {
  const listed = listing(recordOf('5-5', 'a', '4-1'), true);

  test.each<[string, StoredRecord, boolean]>([
    ['is seen by a write right over it, of whichever contents', recordOf('6-6', 'b', '5-5'), true],
    ['is seen by a later write of its contents, which saw nobody else since', recordOf('6-7', 'a', '4-1'), true],
    ['is seen by a later write of its contents in its epoch', recordOf('5-7', 'a'), true],
    [
      'is seen by a later write of its contents, which have written the key alone since then',
      { ...recordOf('6-7', 'a'), ownSince: 5 },
      true,
    ],
    [
      'is not seen by a later write of its contents, which may have forgotten whom they saw',
      recordOf('6-7', 'a'),
      false,
    ],
    [
      'is not seen by a write of others, whatever these have written alone',
      { ...recordOf('6-7', 'b'), ownSince: 4 },
      false,
    ],
    ['is not seen by a write of its contents over that of others', recordOf('7-7', 'a', '6-1'), false],
    ['is not seen by a write of others over an older one', recordOf('6-6', 'b', '4-1'), false],
    ['is not seen by a write of others over a newer one, which had not seen it', recordOf('7-7', 'b', '6-6'), false],
    ['is not seen by the write itself', recordOf('5-5', 'a', '4-1'), false],
    ['is not seen by an older write of its contents', recordOf('5-4', 'a'), false],
    ['is not seen by a write of nobody knows whom', recordOf('6-6'), false],
  ])('%s', (_, newer, expected) => {
    expect(hasSeen(newer, listed)).toBe(expected);
  });

  test('of nobody knows whom is seen by a write right over it only', () => {
    const unknown = listing(recordOf('5-5'), true);
    expect([hasSeen(recordOf('6-6', 'b', '5-5'), unknown), hasSeen(recordOf('6-6'), unknown)]).toEqual([true, false]);
  });

  test('is one: a record of a client has seen no other record of a client', () => {
    expect(hasSeen(recordOf('6-6', 'a'), recordOf('5-5', 'a'))).toBe(false);
  });
});

describe('the record that lists a divergent write', () => {
  const { value: _, ...deletion } = recordOf('5-5', 'a', '4-1');
  const name = { key: divergentKey(deletion), epoch: 5, version: 5, updatedAt: 1, writer: 'a', base: stampOf('4-1') };

  test('has its value, or says that there was none, or that there is no room', () => {
    expect(listing({ ...deletion, value: '{"a":[1]}' }, true)).toEqual({ ...name, value: '{"value":{"a":[1]}}' });
    expect(listing({ ...deletion, value: '{"a":[1]}' }, false)).toEqual({ ...name, value: '{}' });
    for (const keepsValue of [true, false])
      expect(listing(deletion, keepsValue)).toEqual({ ...name, value: '{"deleted":true}' });
  });

  test('goes on to be listed when the write has expired: somebody may want to know of it', () => {
    expect(listing({ ...deletion, value: '1', expiresAt: 2 }, true)).not.toHaveProperty('expiresAt');
  });

  test('is of nobody where nobody knows who wrote it', () => {
    const { writer: _writer, base: _base, ...unknown } = name;
    expect(listing(recordOf('5-5'), false)).toEqual({ ...unknown, value: '{}' });
  });

  test('is taken from the list by a deletion that is the same on whichever node makes it', () => {
    const record = { key: name.key, epoch: 6, version: 6, updatedAt: 6 };
    expect(dismissal(listing(deletion, true), recordOf('6-9', 'b', '5-5'))).toEqual(record);
    expect(dismissal({ ...listing(deletion, false), updatedAt: 9 }, recordOf('6-9'))).toEqual({
      ...record,
      updatedAt: 9,
    });
  });
});
