// Entity tags, and the conditions that name them.
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { etagOf, preconditionsOf, stampOfTag } from '../../../lib/http/etag.ts';

test('a tag is a stamp, and nothing else is a tag', () => {
  const stamp = fc.record({ epoch: fc.integer({ min: 1, max: 3 }), version: fc.integer({ min: 1, max: 3 }) });
  fc.assert(fc.property(stamp, (s) => expect(stampOfTag(etagOf(s))).toEqual(s)));
  expect(stampOfTag('"1-2"x')).toBeUndefined();
  expect(stampOfTag('1-2')).toBeUndefined();
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
