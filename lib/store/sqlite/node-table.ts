// The table of what a node keeps beside its records: short texts by name, each with a count of its changes.
import type { DatabaseSync, StatementSync } from 'node:sqlite';

export interface Kept {
  readonly value: string;
  readonly revision: number;
}

export class NodeTable {
  readonly #get: StatementSync;
  readonly #set: StatementSync;
  readonly #remove: StatementSync;

  constructor(db: DatabaseSync) {
    this.#get = db.prepare('SELECT value, revision FROM node WHERE name = ?');
    this.#set = db.prepare(
      'INSERT INTO node (name, value, revision) VALUES (?, ?, 1) ON CONFLICT (name) DO UPDATE SET value = excluded.value, revision = revision + 1',
    );
    this.#remove = db.prepare('DELETE FROM node WHERE name = ?');
  }

  get(name: string): Kept | undefined {
    const row = this.#get.get(name);
    return row && { value: String(row.value), revision: Number(row.revision) };
  }

  /** In a transaction. */
  set(name: string, value: string): void {
    this.#set.run(name, value);
  }

  /** In a transaction. */
  remove(name: string): void {
    this.#remove.run(name);
  }
}
