// Records cut into requests that the replica accepts.
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MAX_BATCH_RECORDS } from '../../../../lib/limits.ts';
import { batches } from '../../../../lib/replication/shipping/batches.ts';

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
