// Opens the data file of a node: one process at a time, one node, one format. What is wrong with it is said in a sentence.
import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { nodeCrypto } from '../../builtin.ts';
import { ConfigError } from '../../config/environment.ts';
import type { Role } from '../../role.ts';
import { sentenceOf } from './failure.ts';
import { type Guard, takeGuard } from './guard.ts';
import { nodeSqlite } from './node-sqlite.ts';
import { OF_THESE_CONTENTS } from './node-state.ts';
import { NodeTable } from './node-table.ts';
import { APPLICATION_ID, createTables, FORMAT, kindOf } from './schema.ts';

/** How long an operation waits for another program that has locked the file, in milliseconds. This process waits with it. */
const BUSY_MS = 50;
/** Of pages that the process keeps in memory, in KiB. */
const CACHE_KIB = 64 * 1024;
/** Pages of the write-ahead log after which they are copied into the data file: 16 MB. */
const CHECKPOINT_PAGES = 4000;
/** What the write-ahead log keeps of the disk once it was copied, in bytes. */
const MAX_IDLE_LOG_BYTES = 64 * 1024 * 1024;

const CONTENTS_ID = 'contents-id';
const NODE = 'node';
const SESSION = 'session';

export interface DataFileOptions {
  readonly file: string;
  /** Whose file it is, by the role that this node begins as. */
  readonly node: Role;
  /** How large it may grow, in bytes. Absent: as large as SQLite lets it. */
  readonly limitBytes?: number;
}

export interface DataFile {
  readonly db: DatabaseSync;
  readonly table: NodeTable;
  /** Names the contents. A file that is a copy, or was put in the place of another, has another one from now on. */
  readonly contentsId: string;
  /** Why the contents have another id than the file says. Absent: they have not. */
  readonly isCopy: boolean;
  close(): void;
}

/**
 * Opens the file, and makes it if there is none.
 * @throws ConfigError naming the file, what is wrong with it, and what to do
 */
export function openDataFile(options: DataFileOptions): DataFile {
  const { file } = options;
  let guard: Guard | undefined;
  let db: DatabaseSync | undefined;
  try {
    mkdirSync(dirname(file), { recursive: true });
    guard = takeGuard(file);
    const { DatabaseSync } = nodeSqlite();
    db = new DatabaseSync(file, { timeout: BUSY_MS });
    prepare(db, options);
    const table = new NodeTable(db);
    const contents = contentsOf(db, table, guard, options);
    return { db, table, ...contents, close: () => close(db, guard) };
  } catch (error) {
    close(db, guard);
    const sentence = sentenceOf(error, file);
    throw sentence === undefined ? error : new ConfigError(sentence);
  }
}

function close(db: DatabaseSync | undefined, guard: Guard | undefined): void {
  if (db?.isOpen) db.close();
  guard?.release();
}

/** Checks of which kind a file is, or makes it one of Tandem's. @throws ConfigError, and what SQLite throws */
function prepare(db: DatabaseSync, { file, limitBytes }: DataFileOptions): void {
  checkKind(db, file);
  const { journal_mode: mode } = db.prepare('PRAGMA journal_mode = WAL').get() ?? {};
  if (mode !== 'wal')
    throw new ConfigError(
      `SQLITE_FILE: where ${file} is, SQLite cannot share memory between programs, as on a drive of the network. Choose a disk of this machine.`,
    );
  db.exec(`PRAGMA synchronous = FULL; PRAGMA cache_size = -${CACHE_KIB}; PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES};
    PRAGMA journal_size_limit = ${MAX_IDLE_LOG_BYTES}; PRAGMA temp_store = MEMORY`);
  if (kindOf(db).isEmpty) createTables(db);
  if (limitBytes === undefined) return;
  const { page_size: size } = db.prepare('PRAGMA page_size').get() ?? {};
  db.exec(`PRAGMA max_page_count = ${Math.ceil(limitBytes / Number(size))}`);
}

/** @throws ConfigError when it is of another program, or of a later version; and what SQLite throws when it is damaged */
export function checkKind(db: DatabaseSync, file: string): void {
  const { application, format, isEmpty } = kindOf(db);
  if (isEmpty && application === 0) return;
  if (application !== APPLICATION_ID)
    throw new ConfigError(`SQLITE_FILE: ${file} is a database of another program. Choose another file.`);
  if (format !== FORMAT)
    throw new ConfigError(
      `SQLITE_FILE: the data file ${file} has format ${format}, and this version of Tandem knows format ${FORMAT}. Use the version that has written it, or a later one.`,
    );
}

/** Which node a file belongs to. @returns `undefined` for one that has just been made */
export function ownerOf(table: NodeTable): string | undefined {
  return table.get(NODE)?.value;
}

/** @throws ConfigError when it is the file of the other node */
export function checkOwner(table: NodeTable, { file, node }: Pick<DataFileOptions, 'file' | 'node'>): void {
  const owner = ownerOf(table);
  if (owner === undefined || owner === node) return;
  throw new ConfigError(
    `SQLITE_FILE: ${file} is the data file of the node '${owner}', and this one is '${node}'. Each node needs a file of its own.`,
  );
}

/**
 * Finds out whether the file is the one that this node used last. Contents that are a copy, or that were put back to what they
 * were, are others: the other node counts on what the former ones had acknowledged.
 */
function contentsOf(
  db: DatabaseSync,
  table: NodeTable,
  guard: Guard,
  options: DataFileOptions,
): Pick<DataFile, 'contentsId' | 'isCopy'> {
  checkOwner(table, options);
  const inode = `${statSync(options.file, { bigint: true }).ino}`;
  const before = table.get(CONTENTS_ID)?.value;
  const isSame = guard.knows({ session: table.get(SESSION)?.value ?? '', inode });
  const contentsId = isSame && before !== undefined ? before : nodeCrypto().randomUUID();
  const mark = { session: nodeCrypto().randomUUID(), inode };
  guard.expect(mark);
  db.exec('BEGIN IMMEDIATE');
  if (contentsId !== before) for (const name of OF_THESE_CONTENTS) table.remove(name);
  table.set(NODE, options.node);
  table.set(CONTENTS_ID, contentsId);
  table.set(SESSION, mark.session);
  db.exec('COMMIT');
  guard.confirm(mark);
  return { contentsId, isCopy: before !== undefined && contentsId !== before };
}

/** Marks a copy as one, so that whoever opens it knows: its contents get another id. In a transaction. */
export function markAsCopy(table: NodeTable): void {
  table.remove(SESSION);
}
