import { afterAll, beforeAll } from '@jest/globals';
import { dynamoDbStore } from '../../lib/store/dynamodb/store.ts';
import type { Store } from '../../lib/store/store.ts';
import { startDynamoDb, type TestDynamoDb } from '../support/dynamodb.ts';
import { withoutHurry } from '../support/unhurried.ts';
import { storeContract } from './store.ts';

/** Another endpoint than the tests' own: see docs/dynamodb.md. */
const ENDPOINT = process.env.DYNAMODB_TEST_ENDPOINT;

withoutHurry();

let dynamodb: TestDynamoDb;
beforeAll(async () => {
  dynamodb = await startDynamoDb(ENDPOINT);
});
afterAll(() => dynamodb.stop());

const tables = new WeakMap<Store, string>();
const tableOf = (store: Store) => tables.get(store) as string;
async function open(table: string): Promise<Store> {
  const store = await dynamoDbStore({ ...dynamodb, table, isReplica: false, retentionMs: 1000 });
  tables.set(store, table);
  return store;
}

storeContract({
  name: 'dynamodb',
  // AWS takes seconds to make a table. In tests' own endpoint indexes do not lag.
  ...(ENDPOINT ? { numRuns: 2, lagMs: 5000 } : { numRuns: 10 }),
  differences: {
    forgetsByItself:
      'DynamoDB forgets by itself what its attribute forgetAt says; to find it would take reading the whole table',
    readsToCompare: 'to keep sums, every write would have to change another item, which all writes of a group share',
    indexesLag: 'DynamoDB updates a global index after the table, most often within a second',
  },
  create: async () => open(await dynamodb.createTable()),
  durable: {
    reopen: (store) => open(tableOf(store)),
    restore: async (store) => open(await dynamodb.restoreTable(tableOf(store))),
  },
});
