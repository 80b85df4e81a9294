// Seven processes of a primary over one table, after an outage: see docs/durable-stores.md, "One process repairs".
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { dynamoDbStore } from '../../../../lib/store/dynamodb/store.ts';
import { startDynamoDb, type TestDynamoDb } from '../../../support/dynamodb.ts';
import { sentByAHerd } from '../../../support/herd.ts';
import type { DurableStore } from '../../../support/process.ts';
import { RETENTION_MS } from '../../../support/replication.ts';
import { withoutHurry } from '../../../support/unhurried.ts';

withoutHurry();

let dynamodb: TestDynamoDb;
beforeAll(async () => {
  dynamodb = await startDynamoDb();
});
afterAll(() => dynamodb.stop());

async function open(isReplica: boolean): Promise<DurableStore> {
  const table = await dynamodb.createTable();
  const store = await dynamoDbStore({ ...dynamodb, table, isReplica: () => isReplica, retentionMs: RETENTION_MS });
  if (!store.nodeState) throw new Error('it keeps no node state');
  return Object.assign(store, { nodeState: store.nodeState });
}

test('they send each of 250 records that are owed once', async () => {
  expect(await sentByAHerd({ store: await open(false), replica: await open(true), owed: 250 })).toBeLessThanOrEqual(
    1.1,
  );
});
