// How many records there are of each kind that somebody asks for the number of: counted when the file is opened, and then
// along with each change, so that telling it costs nothing.
import type { DatabaseSync } from 'node:sqlite';

export interface Counts {
  /** Keys that the listing shows, and that have not been swept from it. */
  readonly live: number;
  /** Divergent writes that nobody has acknowledged. */
  readonly divergent: number;
  /** Records in the backlog. */
  readonly owed: number;
}

export class RecordCounts {
  #now: Counts;
  #committed: Counts;

  /** @throws what SQLite throws */
  constructor(db: DatabaseSync) {
    // By their places, since two of these are indexes that hold nothing else.
    const count = (where: string) => Number(db.prepare(`SELECT count(*) AS n FROM records WHERE ${where}`).get()?.n);
    this.#now = { live: count('shown = 1'), divergent: count('shown = 2'), owed: count('status < 3') };
    this.#committed = this.#now;
  }

  get now(): Counts {
    return this.#now;
  }

  add({ live = 0, divergent = 0, owed = 0 }: Partial<Counts>): void {
    const now = this.#now;
    this.#now = { live: now.live + live, divergent: now.divergent + divergent, owed: now.owed + owed };
  }

  committed(): void {
    this.#committed = this.#now;
  }

  rolledBack(): void {
    this.#now = this.#committed;
  }
}
