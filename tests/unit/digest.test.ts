// Buckets of keys, and what a record adds to the digest of its bucket.
import { expect, test } from '@jest/globals';
import { BUCKETS, bucketOf, digestOf } from '../../lib/digest.ts';
import type { StoredRecord } from '../../lib/record.ts';

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
