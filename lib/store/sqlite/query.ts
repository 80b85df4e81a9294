// Statements whose rows are lists of columns: as objects they take Node twice as long to make.
import type { DatabaseSync, SQLInputValue, SQLOutputValue } from 'node:sqlite';

export type Row = readonly SQLOutputValue[];

export interface Query {
  get(...values: SQLInputValue[]): Row | undefined;
  /** All rows at once, which is much faster than one by one: for few rows, or short ones. */
  all(...values: SQLInputValue[]): Row[];
  iterate(...values: SQLInputValue[]): IterableIterator<Row>;
}

/** Prepares a statement that reads. */
export function query(db: DatabaseSync, sql: string): Query {
  const statement: unknown = db.prepare(sql);
  (statement as { setReturnArrays(isOn: boolean): void }).setReturnArrays(true);
  return statement as Query;
}
