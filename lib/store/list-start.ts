// Where a page of live keys starts: the same on every engine.
import { MAX_KEY_BYTES } from '../limits.ts';
import type { ListQuery } from './store.ts';
import { compareUtf8 } from './utf8-order.ts';

/** The keys after, from, or before a place. */
export interface ListStart {
  readonly is: '>' | '>=' | '<';
  readonly place: string;
}

/** A cursor that is outside of the prefix says nothing. */
export function listStart({ prefix, cursor, reverse = false }: ListQuery): ListStart {
  if (reverse) {
    const end = afterAll(prefix);
    return { is: '<', place: cursor !== undefined && compareUtf8(cursor, end) < 0 ? cursor : end };
  }
  if (cursor !== undefined && compareUtf8(cursor, prefix) >= 0) return { is: '>', place: cursor };
  return { is: '>=', place: prefix };
}

/** The last character that there is, of four bytes in UTF-8. */
const LAST = '\u{10ffff}';

/**
 * A text that comes after all keys that start with a prefix. It is longer than a key.
 * @param most its bytes, if it must be no longer: then keys that end with this character may come after it
 */
export function afterAll(prefix: string, most?: number): string {
  const room = most === undefined ? MAX_KEY_BYTES + LAST.length : most - Buffer.byteLength(prefix);
  return `${prefix}${LAST.repeat(Math.floor(room / 4))}`;
}
