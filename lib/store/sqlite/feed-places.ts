// The places of the feed: the last one that was given, and the last one that was forgotten, which is kept in the file.
import type { DatabaseSync } from 'node:sqlite';
import type { Mirror } from './commits.ts';
import type { NodeTable } from './node-table.ts';

const FORGOTTEN = 'feed-forgotten';

export class FeedPlaces implements Mirror {
  readonly #table: NodeTable;
  #forgotten: number;
  /** Of the transaction under way. */
  #forgetting = 0;
  /** Of all transactions: one that is rolled back leaves a gap. */
  #given: number;
  #last: number;

  /** @throws what SQLite throws */
  constructor(db: DatabaseSync, table: NodeTable) {
    this.#table = table;
    this.#forgotten = Number(table.get(FORGOTTEN)?.value ?? 0);
    const { last } = db.prepare('SELECT max(place) AS last FROM records WHERE place IS NOT NULL').get() ?? {};
    this.#last = Math.max(Number(last ?? 0), this.#forgotten);
    this.#given = this.#last;
  }

  /** The place of the last change that is committed; 0: there was none. */
  get last(): number {
    return this.#last;
  }

  get forgotten(): number {
    return this.#forgotten;
  }

  take(): number {
    this.#given++;
    return this.#given;
  }

  forgot(place: number): void {
    this.#forgetting = Math.max(this.#forgetting, place);
  }

  write(): void {
    if (this.#forgetting > this.#forgotten) this.#table.set(FORGOTTEN, `${this.#forgetting}`);
  }

  committed(): void {
    this.#forgotten = Math.max(this.#forgotten, this.#forgetting);
    this.#forgetting = 0;
    this.#last = this.#given;
  }

  rolledBack(): void {
    this.#forgetting = 0;
  }
}
