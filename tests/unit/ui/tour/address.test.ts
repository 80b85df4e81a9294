// What the address of the page says of the tour.
import { expect, test } from '@jest/globals';
import { isPresentingIn, placeIn, placeName, withParameter } from '../../../../ui/tour/address.ts';
import { QUIZ } from '../../../../ui/tour/tour.ts';

test.each([
  ['', undefined],
  ['?tour', 0],
  ['?tour=1', 0],
  ['?tour=3', 2],
  ['?tour=10', 9],
  ['?tour=quiz', QUIZ],
  ['?tour=11', 0],
  ['?tour=12', 0],
  ['?tour=0', 0],
  ['?tour=-1', 0],
  ['?tour=2.5', 0],
  ['?tour=x', 0],
  ['?primary=http://localhost:5002&tour=4', 3],
])('%j opens the tour at %p', (search, place) => {
  expect(placeIn(search)).toBe(place);
});

test('a step and the page for a projector are kept in the address, beside what else is there', () => {
  expect(withParameter('?primary=x', 'tour', placeName(2))).toBe('?primary=x&tour=3');
  expect(withParameter('?primary=x&tour=3', 'present', '')).toBe('?primary=x&tour=3&present');
  expect(withParameter('?tour=3&present', 'tour', undefined)).toBe('?present');
  expect(withParameter('?tour=3', 'tour', undefined)).toBe('');
  expect([isPresentingIn('?present'), isPresentingIn('?present=1'), isPresentingIn('?tour')]).toEqual([
    true,
    true,
    false,
  ]);
});
