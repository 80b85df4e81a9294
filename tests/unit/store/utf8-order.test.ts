// The order of keys in a listing.
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compareUtf8 } from '../../../lib/store/utf8-order.ts';

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
