// Times in answers.
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isoTime } from '../../../lib/http/answer.ts';

test('times are written as ISO 8601', () => {
  const time = fc.integer({ min: 0, max: 8_640_000_000_000_000 });
  fc.assert(
    fc.property(time, fc.nat(120_000), (ms, step) => {
      for (const t of [ms, Math.max(0, ms - step), ms]) expect(isoTime(t)).toBe(new Date(t).toISOString());
    }),
  );
});
