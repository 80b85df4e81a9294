// A data file's copy, taken while its node writes, and put in its place again.
import { copyFileSync, existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { ConfigError } from '../../config/environment.ts';
import type { Role } from '../../role.ts';
import { checkKind, checkOwner, markAsCopy } from './data-file.ts';
import { sentenceOf } from './failure.ts';
import { takeGuard } from './guard.ts';
import { nodeSqlite } from './node-sqlite.ts';
import { NodeTable } from './node-table.ts';

/** How long it waits for a node that is writing at this moment, in milliseconds. */
const BUSY_MS = 10_000;
/** The files of a database of SQLite, by what their names end with. */
const PARTS = ['', '-wal', '-shm'] as const;

export interface Backup {
  readonly records: number;
  readonly bytes: number;
}

interface Owned {
  /** The data file. */
  readonly file: string;
  /** Whose it is. */
  readonly node: Role;
}

/**
 * Copies the data file of a node, which may go on writing meanwhile: the copy is of one moment.
 * @param to where the copy is to be: nothing may be there yet
 * @throws Error that says what is wrong, for people
 */
export function backUp({ file, node }: Owned, to: string): Backup {
  if (!existsSync(file)) throw new Error(`There is no data file ${file}.`);
  if (existsSync(to)) throw new Error(`${to} is there already. Name a file that is not.`);
  const part = `${to}.part`;
  rmSync(part, { force: true });
  try {
    withDatabase(file, (db) => {
      checkKind(db, file);
      checkOwner(new NodeTable(db), { file, node });
      db.prepare('VACUUM INTO ?').run(part);
    });
    const records = checkCopy(part, { file: part, node });
    renameSync(part, to);
    return { records, bytes: statSync(to).size };
  } finally {
    rmSync(part, { force: true });
  }
}

/**
 * Puts a copy in the place of the data file of a node that does not run. What was there is kept beside it. The contents have
 * another id from then on: the other node does not take them for those that have acknowledged what is not in the copy.
 * @param from the copy, which stays as it is
 * @returns and where the former data file is now, if there was one
 * @throws Error that says what is wrong, for people
 */
export function restore({ file, node }: Owned, from: string): Backup & { readonly kept?: string } {
  if (!existsSync(from)) throw new Error(`There is no file ${from}.`);
  const guard = takeGuard(file);
  const part = `${file}.part`;
  try {
    removeDatabase(part);
    copyFileSync(from, part);
    const records = checkCopy(part, { file: from, node });
    const bytes = statSync(part).size;
    const kept = existsSync(file) ? setAside(file) : undefined;
    renameSync(part, file);
    return { records, bytes, ...(kept !== undefined && { kept }) };
  } finally {
    removeDatabase(part);
    guard.release();
  }
}

type Database = InstanceType<ReturnType<typeof nodeSqlite>['DatabaseSync']>;

/** @throws ConfigError that names the file where SQLite fails */
function withDatabase<T>(file: string, act: (db: Database) => T): T {
  const { DatabaseSync } = nodeSqlite();
  let db: Database | undefined;
  try {
    db = new DatabaseSync(file, { timeout: BUSY_MS });
    return act(db);
  } catch (error) {
    const sentence = sentenceOf(error, file);
    throw sentence === undefined ? error : new ConfigError(sentence);
  } finally {
    if (db?.isOpen) db.close();
  }
}

/**
 * Checks every page of a copy, and marks it as one.
 * @param of whose it must be, and how it is called in a message
 * @returns how many records it has
 */
function checkCopy(copy: string, of: Owned): number {
  return withDatabase(copy, (db) => {
    checkKind(db, of.file);
    const { quick_check: found } = db.prepare('PRAGMA quick_check(1)').get() ?? {};
    if (found !== 'ok') throw new Error(`${of.file} is damaged (${found}).`);
    const table = new NodeTable(db);
    checkOwner(table, of);
    db.exec('PRAGMA synchronous = FULL; BEGIN IMMEDIATE');
    markAsCopy(table);
    db.exec('COMMIT');
    return Number(db.prepare('SELECT count(*) AS n FROM records').get()?.n);
  });
}

/** Keeps a data file under another name. Its log must not stay: SQLite would take it for that of the file that comes. */
function setAside(file: string): string {
  const kept = nameFor(file);
  try {
    // This takes the log into the file, and away.
    withDatabase(file, (db) => db.exec('PRAGMA wal_checkpoint(TRUNCATE)'));
    copyFileSync(file, kept);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    // It is damaged. It is kept as it is.
  }
  if (existsSync(kept) && !existsSync(`${file}-wal`)) return kept;
  for (const part of PARTS) if (existsSync(`${file}${part}`)) renameSync(`${file}${part}`, `${kept}${part}`);
  return kept;
}

function nameFor(file: string): string {
  for (let i = 1; ; i++) {
    const name = `${file}.replaced-${i}`;
    if (!existsSync(name)) return name;
  }
}

function removeDatabase(file: string): void {
  for (const part of PARTS) rmSync(`${file}${part}`, { force: true });
}
