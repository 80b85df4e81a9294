// The store's contract over DynamoDB, at one endpoint or another.
import { afterAll, beforeAll } from '@jest/globals';
import { dynamoDbStore } from '../../lib/store/dynamodb/store.ts';
import type { Store } from '../../lib/store/store.ts';
import { startDynamoDb, type TestDynamoDb } from '../support/dynamodb.ts';
import { withoutHurry } from '../support/unhurried.ts';
import { type Engine, storeContract } from './store.ts';

export interface DynamoDbEngine extends Pick<Engine, 'name' | 'numRuns' | 'lagMs'> {
  /** An endpoint that is there already. */
  readonly given?: string | undefined;
  /** What the store asks in the place of the tests' own endpoint. */
  readonly inFrontOf?: (endpoint: string) => Promise<{ readonly endpoint: string; stop(): Promise<void> }>;
}

/** @param contract as much of it as there is to see at this endpoint */
export function dynamoDbContract({ given, inFrontOf, ...engine }: DynamoDbEngine, contract = storeContract): void {
  withoutHurry();

  let dynamodb: TestDynamoDb;
  let front: { readonly endpoint: string; stop(): Promise<void> } | undefined;
  beforeAll(async () => {
    dynamodb = await startDynamoDb(given);
    front = await inFrontOf?.(dynamodb.endpoint);
  });
  afterAll(async () => {
    await front?.stop();
    await dynamodb.stop();
  });

  const tables = new WeakMap<Store, string>();
  const tableOf = (store: Store) => tables.get(store) as string;
  async function open(table: string): Promise<Store> {
    const { endpoint } = front ?? dynamodb;
    const store = await dynamoDbStore({
      ...dynamodb,
      endpoint,
      table,
      isReplica: () => false,
      retentionMs: 1000,
    });
    tables.set(store, table);
    return store;
  }

  contract({
    ...engine,
    differences: {
      forgetsByItself:
        'DynamoDB forgets by itself what its attribute forgetAt says; to find it would take reading the whole table',
      readsToCompare: 'to keep sums, every write would have to change another item, which all writes of a group share',
      keepsListed:
        'the item of a key names what is listed of it; to find out without one, every write of a new key would have to query',
      indexesLag: 'DynamoDB updates a global index after the table, most often within a second',
      keepsNoOrder: 'an order of all changes would take an item that every write has to change, or an index that lags',
    },
    create: async () => open(await dynamodb.createTable()),
    durable: {
      reopen: (store) => open(tableOf(store)),
      another: (store) => open(tableOf(store)),
      restore: async (store) => open(await dynamodb.restoreTable(tableOf(store))),
    },
  });
}
