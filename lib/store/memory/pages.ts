// Pages of an in-memory store: the first entries of a query, and the cursor after them.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { divergentKey, divergentPlace, divergentPrefix, divergentWrite, writeAt } from '../../divergent.ts';
import { MAX_PAGE_HEADS, MAX_PAGE_KEY_LENGTH } from '../../limits.ts';
import { isLive, type StoredRecord } from '../../record.ts';
import { headOf, headWithValue } from '../head.ts';
import { type ListStart, listStart } from '../list-start.ts';
import { PageRoom } from '../page-room.ts';
import type { Entry, EntryHead, HeadPage, ListQuery, Page } from '../store.ts';
import type { Records, Slot, Update } from './records.ts';

/** Entries that a page of live keys looks at in one turn of the event loop: it passes over those that have expired. */
const AT_A_TIME = 20_000;

/** Its cursor is the last key of the page. */
export async function livePage({ live }: Records, query: ListQuery): Promise<HeadPage> {
  const { prefix, limit, now, values = false } = query;
  const heads: EntryHead[] = [];
  const room = values ? new PageRoom() : undefined;
  let start = listStart(query);
  for (;;) {
    let looked = 0;
    for (const [key, { entry }] of slotsFrom(live, start)) {
      if (!key.startsWith(prefix)) return { heads };
      start = { is: start.is === '<' ? '<' : '>', place: key };
      if (isLive(entry.record, now)) {
        const end = heads.at(-1);
        const hasRoom = heads.length < limit && (room?.take(entry.record) ?? true);
        if (end && !hasRoom) return { heads, cursor: end.key };
        heads.push(values ? headWithValue(entry) : headOf(entry));
      }
      if (++looked === AT_A_TIME) break;
    }
    if (looked < AT_A_TIME) return { heads };
    await nextTurn();
  }
}

function slotsFrom(live: Records['live'], { is, place }: ListStart): Iterable<[string, Slot]> {
  if (is === '<') return live.before(place);
  return is === '>' ? live.after(place) : live.from(place);
}

export function backlogPage({ unacknowledged }: Records, cursor: string | undefined, limit: number): Page {
  const found = cursor === undefined ? unacknowledged.from(undefined) : unacknowledged.after(parseUpdate(cursor));
  const { items: entries, isLast } = take(found, limit);
  const last = entries.at(-1)?.record;
  return { entries, ...(!isLast && last && { cursor: `${last.updatedAt} ${last.key}` }) };
}

export function divergentPage(
  { divergent }: Records,
  key: string | undefined,
  cursor: string | undefined,
  limit: number,
): Page {
  const prefix = key === undefined ? '' : divergentPrefix(key);
  const after = cursor === undefined ? undefined : writeAt(cursor);
  const found = after ? divergent.after(divergentKey(after)) : divergent.from(prefix);
  const { items: entries, isLast } = take(
    takeWhile(found, ([listed]) => listed.startsWith(prefix)),
    limit,
  );
  const last = divergentWrite(entries.at(-1)?.record.key ?? '');
  return { entries, ...(!isLast && last && { cursor: divergentPlace(last) }) };
}

/** Its cursor is the position of a bucket among those asked for, and that of an entry in it. */
export function bucketPage({ digests }: Records, buckets: readonly number[], cursor: string | undefined): HeadPage {
  const heads: EntryHead[] = [];
  let keyLength = 0;
  let [i = 0, skip = 0] = (cursor ?? '0 0').split(' ').map(Number);
  for (const bucket of buckets.slice(i)) {
    let position = 0;
    for (const { entry } of digests.membersOf(bucket)) {
      if (position++ < skip) continue;
      const isFull = heads.length === MAX_PAGE_HEADS || keyLength > MAX_PAGE_KEY_LENGTH;
      if (isFull) return { heads, cursor: `${i} ${position - 1}` };
      heads.push(headOf(entry));
      keyLength += entry.record.key.length;
    }
    i++;
    skip = 0;
  }
  return { heads };
}

function parseUpdate(cursor: string): Update {
  const space = cursor.indexOf(' ');
  return { updatedAt: Number(cursor.slice(0, space)), key: cursor.slice(space + 1) };
}

/** The entries of the first slots, `limit` at most. */
function take(
  found: Iterable<[string | StoredRecord | Update, Slot]>,
  limit: number,
): { items: Entry[]; isLast: boolean } {
  const items: Entry[] = [];
  for (const [, { entry }] of found) {
    if (items.length === limit) return { items, isLast: false };
    items.push(entry);
  }
  return { items, isLast: true };
}

function* takeWhile<T>(items: Iterable<T>, test: (item: T) => boolean): Generator<T> {
  for (const item of items) {
    if (!test(item)) return;
    yield item;
  }
}
