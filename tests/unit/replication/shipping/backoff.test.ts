// How long a record that failed waits until it is tried again.
import { expect, test } from '@jest/globals';
import { backoffMs } from '../../../../lib/replication/shipping/backoff.ts';

test('backoff is at most doubled each time, at most 55 s, and anything down to 0', () => {
  expect([1, 2, 3].map((n) => backoffMs(n, () => 0.999_999))).toEqual([1999, 3999, 7999]);
  expect(backoffMs(50, () => 0.999_999)).toBe(54_999);
  expect(backoffMs(50, () => 0)).toBe(0);
});
