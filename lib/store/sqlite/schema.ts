// The tables of a data file, and which columns are written to: version 2 of its format.
//   key, listed          the key of a client, and '' where the row is its record. A divergent write is a row of its own beside
//                        that, whose `listed` names the write by its stamp
//   bucket               of the key: see lib/digest.ts
//   status               of the record's copy: 1 pending, 2 failed, 3 replicated. What is below 3 is in the backlog. NULL: it
//                        was taken in from the other node
//   shown                1: a key with a value, which a listing shows; 2: a divergent write that nobody has acknowledged;
//                        3: a key that has expired, and that a sweep has taken out of the listing; 0: neither
//   dead_at              when it dies, by deletion or expiry
//   place                in the feed: grows with each change of the record. A divergent write has none
//   attempts             JSON, where there were any
//   remembered           JSON: the writes that had an Idempotency-Key, where there were any
//   value                JSON text, and last, so that what reads no value reads no page of it. A tombstone has none
// Times and epochs are in milliseconds. The indexes are partial: a page costs what it holds, whatever else there is.
import type { DatabaseSync } from 'node:sqlite';

/** Marks a data file of Tandem: "TNDM". */
export const APPLICATION_ID = 0x544e444d;
/** Of the tables below. A file of a later one is refused. */
export const FORMAT = 2;

const TABLES = `
CREATE TABLE records (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL,
  listed TEXT NOT NULL,
  bucket INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  version INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  expires_at INTEGER,
  dead_at INTEGER,
  shown INTEGER NOT NULL,
  place INTEGER,
  base_epoch INTEGER,
  base_version INTEGER,
  own_since INTEGER,
  writer TEXT,
  remembered TEXT,
  status INTEGER,
  replicated_at INTEGER,
  next_attempt_at INTEGER,
  attempts TEXT,
  earlier_attempts INTEGER,
  value TEXT
) STRICT;
CREATE UNIQUE INDEX by_key ON records (key, listed);
CREATE UNIQUE INDEX feed ON records (place) WHERE place IS NOT NULL;
CREATE INDEX by_bucket ON records (bucket);
CREATE INDEX live ON records (key) WHERE shown = 1;
CREATE INDEX divergent ON records (key, listed) WHERE shown = 2;
CREATE INDEX backlog ON records (updated_at) WHERE status < 3;
CREATE INDEX mortal ON records (dead_at) WHERE dead_at IS NOT NULL;
CREATE INDEX expiring ON records (expires_at) WHERE shown = 1 AND expires_at IS NOT NULL;
CREATE INDEX expired ON records (expires_at) WHERE shown = 3;

-- The sum of each bucket's digests, as a signed number of 64 bits. A bucket that has held nothing yet has no row.
CREATE TABLE digests (bucket INTEGER PRIMARY KEY, sum INTEGER NOT NULL) STRICT;

-- What the node keeps beside its records: see node-state.ts. A revision counts the changes of a note.
CREATE TABLE node (name TEXT PRIMARY KEY, value TEXT NOT NULL, revision INTEGER NOT NULL) STRICT;
`;

/** Makes the tables in an empty database, in one transaction. */
export function createTables(db: DatabaseSync): void {
  db.exec(
    `BEGIN IMMEDIATE; PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${FORMAT}; ${TABLES} COMMIT`,
  );
}

/** What a file says of its own kind: both 0 in one that is empty, or of another program. */
export function kindOf(db: DatabaseSync): {
  readonly application: number;
  readonly format: number;
  readonly isEmpty: boolean;
} {
  const numberOf = (sql: string): number => Number(Object.values(db.prepare(sql).get() ?? { none: 0 })[0]);
  return {
    application: numberOf('PRAGMA application_id'),
    format: numberOf('PRAGMA user_version'),
    isEmpty: numberOf('SELECT count(*) FROM sqlite_schema') === 0,
  };
}
