// The store's contract over SQLite: files in a folder of their own.
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import { type SqliteStore, sqliteStore } from '../../lib/store/sqlite/store.ts';
import type { Store } from '../../lib/store/store.ts';
import { noLog } from '../support/no-log.ts';
import { storeContract } from './store.ts';

let folder: string;
let made = 0;
const files = new WeakMap<Store, string>();
const opened = new Set<SqliteStore>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-sqlite-'));
});
afterAll(async () => {
  for (const store of opened) store.close();
  await rm(folder, { recursive: true });
});

function open(file: string): SqliteStore {
  const store = sqliteStore({ file, node: 'primary', log: noLog });
  files.set(store, file);
  opened.add(store);
  return store;
}

function close(store: Store): string {
  opened.delete(store as SqliteStore);
  (store as SqliteStore).close();
  return files.get(store) as string;
}

storeContract({
  name: 'sqlite',
  numRuns: 25,
  create: async () => open(join(folder, `${++made}.sqlite`)),
  durable: {
    reopen: async (store) => open(close(store)),
    // One process has the file, and its functions share one store.
    another: async (store) => store,
    async restore(store) {
      const file = close(store);
      const copy = join(folder, `${++made}.sqlite`);
      await cp(file, copy);
      Object.assign(store, open(file));
      return open(copy);
    },
  },
});
