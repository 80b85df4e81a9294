// The store on SQLite: one file a node, and one process at a time. SQLite works while this process waits: so what is done in one
// turn of the event loop is bounded. docs/durable-stores.md tells what is durable when.
import { ConfigError } from '../../config/environment.ts';
import { TandemError } from '../../errors.ts';
import type { Log } from '../../telemetry/log.ts';
import { writerOf } from '../base.ts';
import { applyRecord, settleRecord, writeRecord } from '../changes.ts';
import { keptSums } from '../kept-sums.ts';
import type { StoreObserver } from '../on-change.ts';
import type { Store } from '../store.ts';
import { type CommitOptions, Commits } from './commits.ts';
import { type DataFile, type DataFileOptions, openDataFile } from './data-file.ts';
import { clientError, isSqliteError, sentenceOf } from './failure.ts';
import { sqliteFeed } from './feed.ts';
import { createForgetting } from './forget.ts';
import { nodeStore } from './node-state.ts';
import { pagesOf } from './pages.ts';
import { queriesOf } from './queries.ts';
import { SqliteRecords } from './records.ts';
import { createSweep } from './sweep.ts';

/** How often the same failure is logged at most, in milliseconds. */
const LOG_AGAIN_MS = 10_000;

export interface SqliteOptions extends DataFileOptions, StoreObserver, Pick<CommitOptions, 'defer'> {
  readonly log: Log;
}

export interface SqliteStore extends Store {
  /** Gives the file back. What is under way has failed then. */
  close(): void;
}

/** @throws ConfigError when the file cannot be used, saying why and what to do */
export function sqliteStore(options: SqliteOptions): SqliteStore {
  const dataFile = openDataFile(options);
  if (dataFile.isCopy)
    options.log.warn('the data file is a copy, or was put back: its contents count as others from now on', {
      file: options.file,
      contentsId: dataFile.contentsId,
    });
  try {
    return storeOn(dataFile, options);
  } catch (error) {
    dataFile.close();
    const sentence = sentenceOf(error, options.file);
    throw sentence === undefined ? error : new ConfigError(sentence);
  }
}

/** The store on a data file that is open. */
export function storeOn(
  { db, table, contentsId, close }: Pick<DataFile, 'db' | 'table' | 'contentsId' | 'close'>,
  { file, log, defer, ...observer }: Omit<SqliteOptions, keyof Omit<DataFileOptions, 'file'>>,
): SqliteStore {
  const records = new SqliteRecords(db, table, observer);
  const errorOf = failures(() => db.isOpen, file, log);
  const commits = new Commits(db, {
    mirrors: [records.digests, records.counts, records.feed, records.news],
    errorOf,
    ...(defer && { defer }),
  });
  const own = writerOf(contentsId);

  /** Carries out what only reads. @throws TandemError where the file cannot be read */
  function read<T>(act: () => T): T {
    try {
      return act();
    } catch (error) {
      throw errorOf(error);
    }
  }

  const node = nodeStore(contentsId, table, commits, read);
  const sweep = createSweep(db, records.counts, commits, read);
  const { highestEpoch, raiseEpoch, isComplete, completed, roleState, setRoleState, nodeState } = node;

  return {
    kind: 'sqlite',
    id: contentsId,
    nodeState,
    ...{ highestEpoch, raiseEpoch, isComplete, completed, roleState, setRoleState },

    get: async (key) => read(() => records.get(key)?.entry),
    write: (change) => commits.do(() => writeRecord(records, node.highest, change, own)),
    apply: (record, replication, epoch) =>
      commits.do(() => {
        if (epoch !== undefined && epoch < node.highest) return 'outdated';
        return applyRecord(records, record, replication);
      }),
    // Where the power fails before it is on disk, the record is in the backlog still, and shipped once more.
    settle: (record, attempt, nextAttemptAt) =>
      commits.do(() => settleRecord(records, record, attempt, nextAttemptAt), 'process'),

    ...queriesOf(pagesOf(db), records, sweep, read),
    feed: sqliteFeed(db, records.feed, read),
    ...keptSums(records.digests.sums),
    forget: createForgetting(db, records, commits),

    close,
  };
}

/** What a client is told in the place of an error of SQLite; the log says more, and not for each request. */
function failures(isOpen: () => boolean, file: string, log: Log): (error: unknown) => unknown {
  let last: { readonly code: number; readonly at: number } | undefined;
  return (error) => {
    if (!isOpen())
      return new TandemError('store_unavailable', 'This node is being stopped. Ask it again once it is back.');
    if (!isSqliteError(error)) return error;
    const now = performance.now();
    const isNews = last === undefined || last.code !== error.errcode || now - last.at > LOG_AGAIN_MS;
    if (isNews) {
      last = { code: error.errcode, at: now };
      log.error(sentenceOf(error, file) ?? 'SQLite has failed', {}, error);
    }
    return clientError(error);
  };
}
