// The pure parts: order of stamps, order of keys, backoff, digests, tags, batches.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BUCKETS, bucketOf, digestOf } from '../../lib/digest.ts';
import { isoTime } from '../../lib/http/answer.ts';
import { etagOf, preconditionsOf, stampOfTag } from '../../lib/http/etag.ts';
import { MAX_BATCH_RECORDS } from '../../lib/limits.ts';
import { compareStamps, isLive, type StoredRecord } from '../../lib/record.ts';
import { backoffMs } from '../../lib/replication/shipping/backoff.ts';
import { batches } from '../../lib/replication/shipping/batches.ts';
import { compareUtf8 } from '../../lib/store/utf8-order.ts';

const stamp = fc.record({ epoch: fc.integer({ min: 1, max: 3 }), version: fc.integer({ min: 1, max: 3 }) });

describe('stamps', () => {
  test('are ordered by epoch, then by version', () => {
    fc.assert(
      fc.property(stamp, stamp, (a, b) => {
        const expected = Math.sign(a.epoch * 10 + a.version - (b.epoch * 10 + b.version));
        expect(Math.sign(compareStamps(a, b))).toBe(expected);
      }),
    );
  });

  test('and tags are the same thing', () => {
    fc.assert(fc.property(stamp, (s) => expect(stampOfTag(etagOf(s))).toEqual(s)));
    expect(stampOfTag('"1-2"x')).toBeUndefined();
    expect(stampOfTag('1-2')).toBeUndefined();
  });
});

test('a record is live until it is deleted or its time has come', () => {
  const record: StoredRecord = { key: 'k', value: 'null', epoch: 1, version: 1, updatedAt: 1, expiresAt: 5 };
  expect([isLive(record, 4), isLive(record, 5)]).toEqual([true, false]);
  const { value: _, ...tombstone } = record;
  expect(isLive(tombstone, 0)).toBe(false);
});

test('keys are ordered as their UTF-8 bytes', () => {
  const text = fc.string({ unit: 'binary', maxLength: 6 });
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(Math.sign(compareUtf8(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
    {
      examples: [
        ['\uffff', '😀'],
        ['', 'a'],
        ['a', 'a\0'],
      ],
    },
  );
});

test('backoff is at most doubled each time, at most 55 s, and anything down to 0', () => {
  expect([1, 2, 3].map((n) => backoffMs(n, () => 0.999_999))).toEqual([1999, 3999, 7999]);
  expect(backoffMs(50, () => 0.999_999)).toBe(54_999);
  expect(backoffMs(50, () => 0)).toBe(0);
});

test('times are written as ISO 8601', () => {
  const time = fc.integer({ min: 0, max: 8_640_000_000_000_000 });
  fc.assert(
    fc.property(time, fc.nat(120_000), (ms, step) => {
      for (const t of [ms, Math.max(0, ms - step), ms]) expect(isoTime(t)).toBe(new Date(t).toISOString());
    }),
  );
});

test('buckets are even', () => {
  const counts = new Uint32Array(BUCKETS);
  for (let i = 0; i < BUCKETS * 16; i++) {
    const bucket = bucketOf(`user/${i}`);
    counts[bucket] = (counts[bucket] as number) + 1;
  }
  expect(Math.max(...counts)).toBeLessThan(48);
});

test('a digest tells key, epoch and version apart, and nothing else', () => {
  const record = { key: 'k', value: '1', epoch: 12, version: 3, updatedAt: 1 };
  const others = [
    { ...record, key: 'k ' },
    { ...record, epoch: 1, version: 23 },
    { ...record, version: 4 },
  ];
  expect(new Set([record, ...others].map(digestOf)).size).toBe(4);
  const other: StoredRecord = { ...record, value: '2', updatedAt: 9 };
  expect(digestOf(other)).toBe(digestOf(record));
});

test('batches keep the order and every item, and are bounded', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(600_000), { maxLength: 40 }), (sizes) => {
      const records = sizes.map((size, i) => ({
        key: `${i}`,
        value: 'x'.repeat(size),
        epoch: 1,
        version: 1,
        updatedAt: 1,
      }));
      const cut = [...batches(records, (record) => record)];
      expect(cut.flat()).toEqual(records);
      for (const batch of cut) {
        expect(batch.length).toBeGreaterThan(0);
        expect(batch.length === 1 || batch.reduce((sum, { value }) => sum + value.length, 0) <= 1024 * 1024).toBe(true);
      }
    }),
    { numRuns: 30 },
  );
  const small = Array.from({ length: MAX_BATCH_RECORDS + 1 }, (_, i) => ({
    key: `${i}`,
    epoch: 1,
    version: 1,
    updatedAt: 1,
  }));
  expect([...batches(small, (record) => record)].map(({ length }) => length)).toEqual([MAX_BATCH_RECORDS, 1]);
});

test('conditions are read as RFC 9110 has them', () => {
  expect(preconditionsOf({})).toBeUndefined();
  expect(preconditionsOf({ 'if-match': ' * ' })).toEqual({ ifMatch: '*' });
  expect(preconditionsOf({ 'if-match': '"1-2" , "x,y","3-4"' })).toEqual({
    ifMatch: [
      { epoch: 1, version: 2 },
      { epoch: 3, version: 4 },
    ],
  });
  expect(preconditionsOf({ 'if-match': 'W/"1-2"', 'if-none-match': 'W/"1-2"' })).toEqual({
    ifMatch: [],
    ifNoneMatch: [{ epoch: 1, version: 2 }],
  });
  for (const bad of ['', '"', 'x', '"1-2', '"1-2" "3-4"', '*,*', '"1-2";']) {
    expect(() => preconditionsOf({ 'if-match': bad })).toThrow(expect.objectContaining({ code: 'invalid_parameter' }));
  }
});
