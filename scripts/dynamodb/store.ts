// What dynalite keeps on disk (LevelDB), with three changes: whether the folder can be used is known before anything is
// served; an item and its index entries are written in one batch; and it does transactions. dynalite writes one after the
// other: killed in between, it would list keys that are not there, and forget what the backlog owes.
import { mkdir } from 'node:fs/promises';
import type { Server } from 'node:http';
import dynalite from 'dynalite';
import db, { type Callback, type Operation, type Store, type Table } from 'dynalite/db/index.js';
import { answerTransactions } from './transactions.ts';

const { create, updateIndexes } = db;
/** How long it takes to make a table, and to delete one. */
const AT_ONCE = { createTableMs: 0, deleteTableMs: 0 };
const ours = new WeakSet<object>();

/** @throws Error, for people, when the folder cannot be used */
export async function openStore(folder: string): Promise<Store> {
  try {
    await mkdir(folder, { recursive: true });
    const store = create({ path: folder, ...AT_ONCE });
    await store.db.open();
    writeInOneBatch(store);
    return store;
  } catch (error) {
    const { code, message } = ((error as Error).cause ?? error) as NodeJS.ErrnoException;
    const what = code === 'LEVEL_LOCKED' ? 'is in use by another process' : `cannot be used: ${message}`;
    throw new Error(`The folder ${folder} ${what}. Choose another with DYNAMODB_PATH.`, { cause: error });
  }
}

/** A store in memory, for tests: it ends with the process. */
export function storeInMemory(): Store {
  const store = create(AT_ONCE);
  writeInOneBatch(store);
  return store;
}

/** dynalite over a store that is open. */
export function serverOf(store: Store): Server {
  db.create = () => store;
  try {
    const server = dynalite();
    answerTransactions(server, store, operationsOf);
    return server;
  } finally {
    db.create = create;
  }
}

/** What belongs to the item that dynalite puts or deletes next, which it does before anything else happens. */
let indexEntries: readonly Operation[] = [];

db.updateIndexes = (store, table, before, after, done) => {
  if (!ours.has(store)) return updateIndexes(store, table, before, after, done);
  indexEntries = indexEntriesOf(table, before, after);
  done();
};

function writeInOneBatch(store: Store): void {
  const getItemDb = store.getItemDb;
  store.getItemDb = (table) => {
    const items = getItemDb(table);
    if (ours.has(items)) return items;
    const write = (operation: Operation, done: Callback) => {
      const operations = [...indexEntries, ofItem(table, operation)];
      indexEntries = [];
      store.db.batch(operations, done);
    };
    items.put = (key, value, done) => write({ type: 'put', key, value }, done);
    items.del = (key, done) => write({ type: 'del', key }, done);
    ours.add(items);
    return items;
  };
  ours.add(store);
}

/** What puts an item in the place of another one, with its index entries. */
function operationsOf(table: Table, key: string, before: unknown, after: unknown): Operation[] {
  const put = { type: 'put', key, value: after } as const;
  return [...indexEntriesOf(table, before, after), ofItem(table.TableName, put)];
}

function ofItem(table: string, operation: Operation): Operation {
  return { ...operation, key: `item-${table}~${operation.key}` };
}

/** Under the names that dynalite gives them. */
function indexEntriesOf(table: Table, before: unknown, after: unknown): Operation[] {
  const { TableName, GlobalSecondaryIndexes = [] } = table;
  const { puts, deletes } = db.getIndexActions(GlobalSecondaryIndexes, before, after, table);
  const placeOf = (index: string, key: string) => `index-global~${TableName}~${index}~${key}`;
  return [
    ...deletes.map(({ index, key }): Operation => ({ type: 'del', key: placeOf(index, key) })),
    ...puts.map(({ index, key, item }): Operation => ({ type: 'put', key: placeOf(index, key), value: item })),
  ];
}
