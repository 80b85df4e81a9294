// Pages of a data file: what an index holds from a place on, bounded in number and in bytes.
import type { DatabaseSync } from 'node:sqlite';
import { divergentPlace, divergentWrite, writeAt } from '../../divergent.ts';
import { MAX_PAGE_HEADS, MAX_PAGE_KEY_LENGTH } from '../../limits.ts';
import type { ListStart } from '../list-start.ts';
import type { Entry, EntryHead, HeadPage, Page } from '../store.ts';
import { query, type Row } from './query.ts';
import { ENTRY_COLUMNS, entryOf, HEAD_COLUMNS, hasExpired, headOf, numberIn, textIn } from './row.ts';

/** Bytes of values on one page of entries, beyond which it ends: a few milliseconds of reading. */
const MAX_PAGE_BYTES = 4 * 1024 * 1024;
/** Rows of a listing that are looked at at a time: it passes over keys that have expired. */
const LEAST_LOOKED_AT = 50;
const MOST_LOOKED_AT = 4000;

/** A part of a listing: there may be more of it although it holds less than was asked for. */
export interface LivePart {
  readonly heads: EntryHead[];
  /** How many rows it has taken. */
  readonly looked: number;
  /** The last key that was looked at. Absent: the listing ends here. */
  readonly last?: string;
}

export interface Pages {
  /** @param limit about how many heads @param now in milliseconds */
  live(prefix: string, start: ListStart, limit: number, now: number): LivePart;
  backlog(cursor: string | undefined, limit: number): Page;
  /** The time of the oldest write of the backlog, in milliseconds. */
  oldestOwed(): number | undefined;
  divergent(key: string | undefined, cursor: string | undefined, limit: number): Page;
  /** Its cursor is the position of a bucket among those asked for, and the row of an entry in it. */
  bucket(buckets: readonly number[], cursor: string | undefined): HeadPage;
}

export function pagesOf(db: DatabaseSync): Pages {
  const live = (is: ListStart['is']) => {
    const order = is === '<' ? 'key DESC' : 'key';
    return query(db, `SELECT ${HEAD_COLUMNS} FROM records WHERE shown = 1 AND key ${is} ? ORDER BY ${order} LIMIT ?`);
  };
  const liveThat = { '>=': live('>='), '>': live('>'), '<': live('<') };
  const backlog = query(
    db,
    `SELECT ${ENTRY_COLUMNS} FROM records WHERE status < 3 AND (updated_at, id) > (?, ?) ORDER BY updated_at, id LIMIT ?`,
  );
  const oldest = query(db, 'SELECT updated_at FROM records WHERE status < 3 ORDER BY updated_at LIMIT 1');
  const divergent = (where: string) =>
    query(db, `SELECT ${ENTRY_COLUMNS} FROM records WHERE shown = 2 AND ${where} ORDER BY key, listed LIMIT ?`);
  const [divergentOfAll, divergentOfKey] = [divergent('(key, listed) > (?, ?)'), divergent('key = ? AND listed > ?')];
  const bucket = query(db, `SELECT ${HEAD_COLUMNS} FROM records WHERE bucket = ? AND id > ? ORDER BY id LIMIT ?`);

  return {
    live(prefix, { is, place }, limit, now) {
      const heads: EntryHead[] = [];
      let last: string | undefined;
      const most = Math.min(MOST_LOOKED_AT, Math.max(LEAST_LOOKED_AT, limit));
      const rows = liveThat[is].all(place, most);
      for (const row of rows) {
        const key = textIn(row, 'key');
        if (!key.startsWith(prefix)) return { heads, looked: rows.length };
        last = key;
        if (!hasExpired(row, now)) heads.push(headOf(row));
      }
      if (rows.length < most || last === undefined) return { heads, looked: rows.length };
      return { heads, looked: rows.length, last };
    },

    backlog(cursor, limit) {
      const [updatedAt = -1, id = -1] = placeOf(cursor);
      const { entries, next } = entriesIn(backlog.iterate(updatedAt, id, limit + 1), limit);
      return { entries, ...(next && { cursor: `${numberIn(next, 'updated_at')} ${numberIn(next, 'id')}` }) };
    },

    oldestOwed() {
      const row = oldest.get();
      return row === undefined ? undefined : Number(row[0]);
    },

    divergent(key, cursor, limit) {
      const { key: client = '', listed = '' } = placeAt(cursor);
      const rows =
        key === undefined
          ? divergentOfAll.iterate(client, listed, limit + 1)
          : divergentOfKey.iterate(key, listed, limit + 1);
      const { entries, next } = entriesIn(rows, limit);
      const last = next && divergentWrite(entries.at(-1)?.record.key ?? '');
      return { entries, ...(last && { cursor: divergentPlace(last) }) };
    },

    bucket(buckets, cursor) {
      const heads: EntryHead[] = [];
      let keyLength = 0;
      let [i = 0, after = 0] = placeOf(cursor);
      for (const each of buckets.slice(i)) {
        for (const row of bucket.all(each, after, MAX_PAGE_HEADS + 1 - heads.length)) {
          const isFull = heads.length === MAX_PAGE_HEADS || keyLength > MAX_PAGE_KEY_LENGTH;
          if (isFull) return { heads, cursor: `${i} ${after}` };
          const head = headOf(row);
          heads.push(head);
          keyLength += head.key.length;
          after = numberIn(row, 'id');
        }
        i++;
        after = 0;
      }
      return { heads };
    },
  };
}

/** The numbers of a cursor: none in particular if it is none. */
function placeOf(cursor: string | undefined): number[] {
  const numbers = (cursor ?? '').split(' ').map(Number);
  return cursor !== undefined && numbers.every(Number.isSafeInteger) ? numbers : [];
}

/** Where a list of divergent writes goes on: nowhere in particular if the cursor is none. */
function placeAt(cursor: string | undefined): { key?: string; listed?: string } {
  const write = cursor === undefined ? undefined : writeAt(cursor);
  if (write === undefined) return {};
  const { key, epoch, version } = write;
  return { key, listed: `${epoch} ${version}` };
}

/** @returns the first entries of some rows, and the row of the last one of them if there are more */
function entriesIn(rows: Iterable<Row>, limit: number): { entries: Entry[]; next?: Row } {
  const entries: Entry[] = [];
  let bytes = 0;
  let last: Row | undefined;
  for (const row of rows) {
    if (last && (entries.length === limit || bytes > MAX_PAGE_BYTES)) return { entries, next: last };
    const entry = entryOf(row);
    entries.push(entry);
    bytes += entry.record.value?.length ?? 0;
    last = row;
  }
  return { entries };
}
