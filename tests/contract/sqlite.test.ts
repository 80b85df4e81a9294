import { copyFile } from 'node:fs/promises';
import type { SqliteStore } from '../../lib/store/sqlite/store.ts';
import type { Store } from '../../lib/store/store.ts';
import { dataFiles } from '../support/sqlite.ts';
import { storeContract } from './store.ts';

const files = dataFiles();
const fileOf = new WeakMap<Store, string>();

function open(file: string): SqliteStore {
  const store = files.open(file);
  fileOf.set(store, file);
  return store;
}

/** @returns its file */
function close(store: Store): string {
  (store as SqliteStore).close();
  return fileOf.get(store) as string;
}

storeContract({
  name: 'sqlite',
  // Each store is a file that is made.
  numRuns: 10,
  create: async () => open(files.fresh()),
  durable: {
    reopen: async (store) => open(close(store)),
    // One process has the file, and its functions share one store.
    another: async (store) => store,
    async restore(store) {
      const file = close(store);
      const copy = files.fresh();
      await copyFile(file, copy);
      Object.assign(store, open(file));
      return open(copy);
    },
  },
});
