// The very store on SQLite, over a database in memory: a run has its contents end with it. What is written is committed at once,
// since a run knows no turns of the event loop. What has not changed comes back as the same object, as from the store in memory:
// the checks tell by that what is new.
import { isDeepStrictEqual } from 'node:util';
import { nodeSqlite } from '../../lib/store/sqlite/node-sqlite.ts';
import { NodeTable } from '../../lib/store/sqlite/node-table.ts';
import { createTables } from '../../lib/store/sqlite/schema.ts';
import { storeOn } from '../../lib/store/sqlite/store.ts';
import type { Entry, Page, Store } from '../../lib/store/store.ts';

export function sqliteInMemory(contentsId: string): Store {
  const { DatabaseSync } = nodeSqlite();
  const db = new DatabaseSync(':memory:');
  createTables(db);
  const log = { warn: () => {}, error: () => {} };
  const file = { db, table: new NodeTable(db), contentsId, close: () => db.close() };
  const store = storeOn(file, { file: contentsId, log, defer: queueMicrotask });
  const known = new Map<string, Entry>();

  function same(entry: Entry): Entry {
    const before = known.get(entry.record.key);
    if (before && isDeepStrictEqual(before, entry)) return before;
    const isSameRecord = before && isDeepStrictEqual(before.record, entry.record);
    const now = isSameRecord ? { ...entry, record: before.record } : entry;
    known.set(entry.record.key, now);
    return now;
  }

  const samePage = async (page: Promise<Page>): Promise<Page> => {
    const { entries, ...rest } = await page;
    return { ...rest, entries: entries.map(same) };
  };

  return {
    ...store,
    async get(key) {
      const entry = await store.get(key);
      return entry && same(entry);
    },
    async write(change) {
      const result = await store.write(change);
      return result.outcome === 'written' ? { ...result, entry: same(result.entry) } : result;
    },
    backlog: (query) => samePage(store.backlog(query)),
    divergent: (query) => samePage(store.divergent(query)),
  };
}
