// Stores on SQLite for tests: files in a folder that is removed at the end.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import { type SqliteOptions, type SqliteStore, sqliteStore } from '../../lib/store/sqlite/store.ts';
import { noLog } from './no-log.ts';

export interface DataFiles {
  /** A file of which there is nothing yet. */
  fresh(): string;
  open(file: string, options?: Partial<SqliteOptions>): SqliteStore;
}

export function dataFiles(): DataFiles {
  let folder: string;
  let made = 0;
  const opened: SqliteStore[] = [];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tandem-sqlite-'));
  });
  afterAll(async () => {
    for (const store of opened) store.close();
    await rm(folder, { recursive: true });
  });
  return {
    fresh: () => join(folder, `${++made}.sqlite`),
    open(file, options = {}) {
      const store = sqliteStore({ file, node: 'primary', log: noLog, ...options });
      opened.push(store);
      return store;
    },
  };
}
