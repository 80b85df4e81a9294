// The order of stamps, and when a record reads as absent.
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compareStamps, deadAt, isLive, type StoredRecord } from '../../lib/record.ts';

const stamp = fc.record({ epoch: fc.integer({ min: 1, max: 3 }), version: fc.integer({ min: 1, max: 3 }) });

test('stamps are ordered by epoch, then by version', () => {
  fc.assert(
    fc.property(stamp, stamp, (a, b) => {
      const expected = Math.sign(a.epoch * 10 + a.version - (b.epoch * 10 + b.version));
      expect(Math.sign(compareStamps(a, b))).toBe(expected);
    }),
  );
});

const record: StoredRecord = { key: 'k', value: 'null', epoch: 1, version: 1, updatedAt: 1, expiresAt: 5 };
const { value: _value, expiresAt: _expiresAt, ...tombstone } = record;

test('a record is live until it is deleted or its time has come', () => {
  expect([isLive(record, 4), isLive(record, 5)]).toEqual([true, false]);
  expect(isLive(tombstone, 0)).toBe(false);
});

test('a record is dead from its deletion or expiry on, and not before it was written', () => {
  expect(deadAt(record)).toBe(5);
  expect(deadAt({ ...record, updatedAt: 9 })).toBe(9);
  expect(deadAt(tombstone)).toBe(1);
  expect(deadAt({ ...tombstone, value: 'null' })).toBeUndefined();
});
