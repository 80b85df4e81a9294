// A page of the feed, of records in the order of their places.
import type { StoredRecord } from '../record.ts';
import { changedKey } from './head.ts';
import { PageRoom } from './page-room.ts';
import type { ChangedKey, Feed, FeedPage } from './store.ts';

export type FeedQuery = Parameters<Feed['after']>[1];

/** A record in the feed. */
export interface Placed {
  readonly place: number;
  readonly record: StoredRecord;
}

/**
 * @param place after which all of `found` are
 * @param mostLookedAt how many records it looks at, those of other prefixes included
 * @returns the page, and how many it has looked at
 */
export function feedPage(
  found: Iterable<Placed>,
  place: number,
  { prefix, limit, values }: FeedQuery,
  mostLookedAt: number,
): { readonly result: FeedPage; readonly cost: number } {
  const changes: ChangedKey[] = [];
  const room = new PageRoom();
  let next = place;
  let looked = 0;
  for (const { place, record } of found) {
    const isShown = record.key.startsWith(prefix);
    const isFull = looked === mostLookedAt || (isShown && changes.length === limit);
    if (isFull || (isShown && values && !room.take(record)))
      return { result: { changes, next, isLast: false }, cost: 1 + looked };
    if (isShown) changes.push(changedKey(record, values));
    next = place;
    looked++;
  }
  return { result: { changes, next, isLast: true }, cost: 1 + looked };
}
