// The file beside the data file that one process at a time has: `<data file>-lock`, a database of its own that is locked
// exclusively for as long as the process lives. The operating system takes the lock away when a process ends, however it ends;
// and the data file itself stays open to those who read it, such as a backup. In it is also which state of which data file
// belongs to it: so a data file that was put in its place is noticed.
import type { DatabaseSync } from 'node:sqlite';
import { ConfigError } from '../../config/environment.ts';
import { isBusy, sentenceOf } from './failure.ts';
import { nodeSqlite } from './node-sqlite.ts';

/** How long a start waits for a process that is about to end, in milliseconds. */
const WAIT_MS = 3000;

/** What a data file and its guard have in common: drawn anew at each start. */
export interface Mark {
  readonly session: string;
  /** The number by which the file system knows the data file. A copy has another one. */
  readonly inode: string;
}

export interface Guard {
  /** Whether the data file beside it is the one that was used last: neither a copy of it, nor an older state. */
  knows(mark: Mark): boolean;
  /** Before a data file gets another mark: from now on both are known, in case that the process ends in between. */
  expect(mark: Mark): void;
  /** The data file has this mark now: no other one is known any more. */
  confirm(mark: Mark): void;
  /** Gives the lock back. */
  release(): void;
}

/**
 * @param file the data file
 * @throws ConfigError when another process has it, or the file beside it cannot be used
 */
export function takeGuard(file: string): Guard {
  const lockFile = `${file}-lock`;
  let db: DatabaseSync | undefined;
  try {
    const { DatabaseSync } = nodeSqlite();
    db = new DatabaseSync(lockFile, { timeout: WAIT_MS });
    db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = FULL; BEGIN EXCLUSIVE');
    db.exec('CREATE TABLE IF NOT EXISTS marks (session TEXT NOT NULL, inode TEXT NOT NULL) STRICT; COMMIT');
    return guardOf(db);
  } catch (error) {
    db?.close();
    if (isBusy(error))
      throw new ConfigError(
        `SQLITE_FILE: another process uses the data file ${file}. A file is for one process at a time: stop the other one, or choose another file.`,
      );
    const sentence = sentenceOf(error, lockFile);
    throw sentence === undefined ? error : new ConfigError(sentence);
  }
}

function guardOf(db: DatabaseSync): Guard {
  const find = db.prepare('SELECT 1 FROM marks WHERE session = ? AND inode = ?');
  const forget = db.prepare('DELETE FROM marks WHERE session <> ?');
  const add = db.prepare('INSERT INTO marks (session, inode) VALUES (?, ?)');
  return {
    knows: ({ session, inode }) => find.get(session, inode) !== undefined,
    expect: ({ session, inode }) => void add.run(session, inode),
    confirm: ({ session }) => void forget.run(session),
    release() {
      if (db.isOpen) db.close();
    },
  };
}
