// A page of keys, out of the text of an answer.
import { bodyOf } from '../nodes/exchange.ts';
import { elementsIn, valueIn } from '../nodes/json-text.ts';
import type { ListPage } from './listing.ts';
import type { ListedKey } from './row.ts';

/** Characters of a value that a row keeps. */
const MAX_VALUE = 200;
/** A number of so many digits may lose some if it is parsed. */
const LONG_NUMBER = /\d{16}/;

/** @param hasValues whether values were asked for */
export function pageIn(text: string, hasValues: boolean): ListPage {
  const { keys = [], cursor } = bodyOf({ text }) as { keys?: (ListedKey & { value?: unknown })[]; cursor?: string };
  const texts = hasValues && LONG_NUMBER.test(text) ? elementsIn(text, 'keys') : undefined;
  const listed = keys.map(({ value, ...rest }, i): ListedKey => {
    if (value === undefined) return rest;
    const whole = texts?.[i] === undefined ? JSON.stringify(value) : valueIn(texts[i]);
    return { ...rest, value: (whole ?? '').slice(0, MAX_VALUE) };
  });
  return { keys: listed, ...(cursor !== undefined && { cursor }) };
}
