// The feed of a store on SQLite.
import type { DatabaseSync } from 'node:sqlite';
import { feedPage, type Placed } from '../feed-page.ts';
import type { Feed } from '../store.ts';
import { Turn } from '../turn.ts';
import type { FeedPlaces } from './feed-places.ts';
import { type Query, query } from './query.ts';
import { COLUMNS_WITHOUT_VALUE, ENTRY_COLUMNS, placeIn, recordOf } from './row.ts';

/** Rows that a page looks at, those of other prefixes included; then it ends. */
const MOST_LOOKED_AT = 2000;
/** Rows that pages look at in one turn of the event loop: some milliseconds. */
const LOOKED_AT_IN_TURN = 4000;

/** @param read carries out what only reads, and tells why it cannot */
export function sqliteFeed(db: DatabaseSync, places: FeedPlaces, read: <T>(act: () => T) => T): Feed {
  const rows = (columns: string) =>
    query(db, `SELECT ${columns} FROM records WHERE place > ? ORDER BY place LIMIT ${MOST_LOOKED_AT + 1}`);
  const [withValues, withoutValues] = [rows(ENTRY_COLUMNS), rows(COLUMNS_WITHOUT_VALUE)];
  const turn = new Turn(LOOKED_AT_IN_TURN);

  function* after(start: number, found: Query): Generator<Placed> {
    for (const row of found.iterate(start)) yield { place: placeIn(row), record: recordOf(row) };
  }

  return {
    get last() {
      return places.last;
    },
    get forgotten() {
      return places.forgotten;
    },
    after: (place, query) =>
      turn.do(() =>
        read(() => feedPage(after(place, query.values ? withValues : withoutValues), place, query, MOST_LOOKED_AT)),
      ),
  };
}
