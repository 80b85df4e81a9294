// What SQLite says when it fails, in words: for clients, for the log, and for whoever starts the node.
import { TandemError } from '../../errors.ts';

/** Result codes of SQLite: https://sqlite.org/rescode.html. */
const CODES = {
  perm: 3,
  busy: 5,
  locked: 6,
  readonly: 8,
  ioerr: 10,
  corrupt: 11,
  full: 13,
  cantopen: 14,
  auth: 23,
  notadb: 26,
} as const;

/** An error of node:sqlite. `errcode` is an extended code, whose last byte is the code itself. */
interface SqliteError extends Error {
  readonly errcode: number;
  readonly errstr: string;
}

export function isSqliteError(error: unknown): error is SqliteError {
  return typeof error === 'object' && error !== null && 'errcode' in error && typeof error.errcode === 'number';
}

/** What is wrong, as the end of a sentence about the file, and what to do. */
interface Trouble {
  readonly what: string;
  readonly advice: string;
}

const DAMAGED: Trouble = {
  what: 'is damaged, or no data file',
  advice: 'Restore it from a backup, or move it away: then the other node fills a new one',
};
const FORBIDDEN: Trouble = { what: 'cannot be written', advice: 'Let the node write it, and its folder' };

const TROUBLES: ReadonlyMap<number, Trouble> = new Map([
  [CODES.perm, FORBIDDEN],
  [CODES.readonly, FORBIDDEN],
  [CODES.auth, FORBIDDEN],
  [CODES.cantopen, { what: 'cannot be opened', advice: 'Let the node read and write it, and its folder' }],
  [CODES.busy, { what: 'is locked by another program', advice: 'Let that end, and leave the file to the node' }],
  [CODES.locked, { what: 'is locked by another program', advice: 'Let that end, and leave the file to the node' }],
  [CODES.ioerr, { what: 'cannot be read or written: the disk fails', advice: 'Look at the disk' }],
  [CODES.full, { what: 'cannot grow', advice: 'Make room on the disk, or raise SQLITE_LIMIT_MB' }],
  [CODES.corrupt, DAMAGED],
  [CODES.notadb, DAMAGED],
]);

/** Node's own errors, of the file system. */
const SYSTEM: Readonly<Record<string, Trouble>> = {
  EACCES: FORBIDDEN,
  EPERM: FORBIDDEN,
  EROFS: FORBIDDEN,
  ENOSPC: TROUBLES.get(CODES.full) as Trouble,
  ENOTDIR: { what: 'cannot be made: something on its path is no folder', advice: 'Choose another with SQLITE_FILE' },
  EEXIST: { what: 'cannot be made: something on its path is no folder', advice: 'Choose another with SQLITE_FILE' },
  EISDIR: { what: 'is a folder', advice: 'Choose another with SQLITE_FILE' },
};

function troubleOf(error: unknown): Trouble | undefined {
  if (isSqliteError(error)) return TROUBLES.get(error.errcode & 0xff);
  return typeof error === 'object' && error !== null && 'code' in error ? SYSTEM[`${error.code}`] : undefined;
}

/** For whoever runs the node. @returns `undefined` for an error that says nothing about the file */
export function sentenceOf(error: unknown, file: string): string | undefined {
  // Whatever else SQLite says of a file of the right format: it is not as Tandem has made it.
  const trouble = troubleOf(error) ?? (isSqliteError(error) ? DAMAGED : undefined);
  if (trouble === undefined) return undefined;
  return `SQLITE_FILE: the data file ${file} ${trouble.what} (${(error as Error).message}). ${trouble.advice}.`;
}

export function isBusy(error: unknown): boolean {
  const code = isSqliteError(error) ? error.errcode & 0xff : undefined;
  return code === CODES.busy || code === CODES.locked;
}

/** For a client. Nothing has changed. @returns the error as it is, where it says nothing about the file */
export function clientError(error: unknown): unknown {
  const trouble = troubleOf(error);
  if (trouble === undefined) return error;
  if (isSqliteError(error) && (error.errcode & 0xff) === CODES.full)
    return new TandemError(
      'store_full',
      'The data file of this node cannot grow: its disk is full, or SQLITE_LIMIT_MB is reached. Nothing was changed. Make room, or raise the limit.',
    );
  return new TandemError('store_unavailable', `The data file of this node ${trouble.what}. Its log says more.`);
}
