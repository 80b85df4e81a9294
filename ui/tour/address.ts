// What the address of the page says of the tour: `?tour=3` opens at step 3, `?tour=quiz` the quiz, `?present` for a projector.
import { QUIZ } from './tour.ts';

/** @returns the place that the tour opens at, from 0 on; nothing: it is not open */
export function placeIn(search: string): number | undefined {
  const given = new URLSearchParams(search).get('tour');
  if (given === null) return undefined;
  if (given === 'quiz') return QUIZ;
  const number = Number(given);
  return Number.isInteger(number) && number >= 1 && number <= QUIZ ? number - 1 : 0;
}

export const isPresentingIn = (search: string): boolean => new URLSearchParams(search).has('present');

/** @param value nothing: the parameter goes @returns the query with its question mark, or empty */
export function withParameter(search: string, name: 'tour' | 'present', value: string | undefined): string {
  const query = new URLSearchParams(search);
  if (value === undefined) query.delete(name);
  else query.set(name, value);
  // A parameter without a value stands there by its name alone.
  const text = query.toString().replace(/\b(present)=(?=&|$)/, '$1');
  return text === '' ? '' : `?${text}`;
}

export const placeName = (index: number): string => (index >= QUIZ ? 'quiz' : String(index + 1));
