// The records of a data file: each change of one goes through here, in a transaction, so that digests and counts agree with it.
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { bucketOf } from '../../digest.ts';
import { isDivergentKey } from '../../divergent.ts';
import type { StoredRecord } from '../../record.ts';
import type { RecordTable } from '../changes.ts';
import type { StoreObserver } from '../on-change.ts';
import type { Entry } from '../store.ts';
import { RecordCounts } from './counts.ts';
import { Digests } from './digests.ts';
import { FeedPlaces } from './feed-places.ts';
import { News } from './news.ts';
import type { NodeTable } from './node-table.ts';
import { type Query, query, type Row } from './query.ts';
import {
  COLUMNS_WITHOUT_VALUE,
  ENTRY_COLUMNS,
  entryOf,
  isOwed,
  numberIn,
  placeIn,
  placeOf,
  RECORD_SET,
  recordOf,
  recordValues,
  SHOWN,
  STATE_SET,
  shownOf,
  stateValues,
  TIME_SET,
  timeValues,
} from './row.ts';

/** A record in its row. */
export interface Slot {
  readonly id: number;
  readonly bucket: number;
  readonly shown: number;
  /** In the feed; 0: it is in none. */
  readonly place: number;
  readonly entry: Entry;
}

export class SqliteRecords implements RecordTable<Slot> {
  readonly digests: Digests;
  readonly counts: RecordCounts;
  /** What has changed in the transaction under way. */
  readonly news: News;
  readonly feed: FeedPlaces;
  readonly #find: Query;
  readonly #listed: Query;
  readonly #insert: StatementSync;
  readonly #updateAll: StatementSync;
  /** Of a record that is shown as before, and never dies: no index over times and what is shown changes. */
  readonly #updateRecord: StatementSync;
  readonly #updateState: StatementSync;
  readonly #delete: StatementSync;

  /** @throws what SQLite throws */
  constructor(db: DatabaseSync, table: NodeTable, observer: StoreObserver) {
    const set = (columns: readonly string[]) => columns.map((column) => `${column} = ?`).join(', ');
    const all = ['place', ...RECORD_SET, ...TIME_SET, ...STATE_SET];
    this.news = new News(observer);
    this.feed = new FeedPlaces(db, table);
    this.digests = new Digests(db);
    this.counts = new RecordCounts(db);
    this.#find = query(db, `SELECT ${ENTRY_COLUMNS} FROM records WHERE key = ? AND listed = ?`);
    this.#listed = query(
      db,
      `SELECT ${COLUMNS_WITHOUT_VALUE} FROM records WHERE shown = 2 AND key = ? ORDER BY listed`,
    );
    this.#insert = db.prepare(
      `INSERT INTO records (key, listed, bucket, ${all.join(', ')}) VALUES (?, ?, ?${', ?'.repeat(all.length)})`,
    );
    this.#updateAll = db.prepare(`UPDATE records SET ${set(all)} WHERE id = ?`);
    this.#updateRecord = db.prepare(`UPDATE records SET ${set(['place', ...RECORD_SET, ...STATE_SET])} WHERE id = ?`);
    this.#updateState = db.prepare(`UPDATE records SET ${set(STATE_SET)} WHERE id = ?`);
    this.#delete = db.prepare('DELETE FROM records WHERE id = ?');
  }

  get(key: string): Slot | undefined {
    const { key: client, listed } = placeOf(key);
    const row = this.#find.get(client, listed);
    return row && slotOf(row);
  }

  put(old: Slot | undefined, entry: Entry): void {
    const { record, replication } = entry;
    const bucket = old?.bucket ?? bucketOf(record.key);
    const shown = shownOf(record);
    const state = stateValues(replication);
    const isListed = isDivergentKey(record.key);
    const place = isListed ? null : this.feed.take();
    if (!old) {
      const { key, listed } = placeOf(record.key);
      this.#insert.run(key, listed, bucket, place, ...recordValues(record), ...timeValues(record), ...state);
    } else if (old.shown === shown && neverDies(record) && neverDies(old.entry.record)) {
      this.#updateRecord.run(place, ...recordValues(record), ...state, old.id);
    } else {
      this.#updateAll.run(place, ...recordValues(record), ...timeValues(record), ...state, old.id);
    }
    this.digests.change(bucket, old?.entry.record, record);
    if (!isListed) this.news.changed(record.key);
    else if (!old && shown === SHOWN.divergent) this.news.listed(record);
    this.#count(old, shown, isOwed(replication));
  }

  replace(old: Slot, { replication }: Entry): void {
    this.#updateState.run(...stateValues(replication), old.id);
    this.counts.add({ owed: Number(isOwed(replication)) - Number(isOwed(old.entry.replication)) });
  }

  forget(slot: Slot): void {
    const { record } = slot.entry;
    this.#delete.run(slot.id);
    this.digests.change(slot.bucket, record, undefined);
    if (slot.place > 0) this.feed.forgot(slot.place);
    this.#count(slot, SHOWN.not, false);
  }

  get listedCount(): number {
    return this.counts.now.divergent;
  }

  listedOf(key: string): readonly StoredRecord[] {
    return this.#listed.all(key).map(recordOf);
  }

  /** On disk there is room for every value. */
  hasRoomForDivergent(): boolean {
    return true;
  }

  #count(old: Slot | undefined, shown: number, isOwedNow: boolean): void {
    this.counts.add({
      live: Number(shown === SHOWN.live) - Number(old?.shown === SHOWN.live),
      divergent: Number(shown === SHOWN.divergent) - Number(old?.shown === SHOWN.divergent),
      owed: Number(isOwedNow) - Number(old !== undefined && isOwed(old.entry.replication)),
    });
  }
}

export function slotOf(row: Row): Slot {
  return {
    id: numberIn(row, 'id'),
    bucket: numberIn(row, 'bucket'),
    shown: numberIn(row, 'shown'),
    place: placeIn(row),
    entry: entryOf(row),
  };
}

function neverDies({ value, expiresAt }: StoredRecord): boolean {
  return value !== undefined && expiresAt === undefined;
}
