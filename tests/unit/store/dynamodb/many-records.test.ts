// The DynamoDB store with more records than one answer of DynamoDB holds: pages join up, and an answer that ends early,
// even an empty one, is not taken for the last.
import { BatchWriteItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ALL_GROUPS, BUCKETS, bucketOf, digestOf } from '../../../../lib/digest.ts';
import type { StoredRecord } from '../../../../lib/record.ts';
import { itemOf } from '../../../../lib/store/dynamodb/item.ts';
import { dynamoDbStore } from '../../../../lib/store/dynamodb/store.ts';
import type { Replication, Store } from '../../../../lib/store/store.ts';
import { copy, NOW } from '../../../contract/fixture.ts';
import { startDynamoDb, type TestDynamoDb } from '../../../support/dynamodb.ts';
import { type DynamoDbProxy, startDynamoDbProxy } from '../../../support/dynamodb-proxy.ts';
import { withoutHurry } from '../../../support/unhurried.ts';

const COUNT = 3000;
/** Records, from the first on, that are not acknowledged. */
const OWED = 1000;
/** Requests that DynamoDB takes in one batch. */
const BATCH = 25;
const PENDING: Replication = { status: 'pending', nextAttemptAt: NOW, attempts: [] };
const ACKNOWLEDGED: Replication = { status: 'replicated', replicatedAt: NOW, attempts: [] };

const records = Array.from(
  { length: COUNT },
  (_, i): StoredRecord => copy(`key-${String(i).padStart(4, '0')}`, 1 + (i % 3), { updatedAt: NOW + i }),
);
const keys = records.map(({ key }) => key);

withoutHurry();

let dynamodb: TestDynamoDb;
let proxy: DynamoDbProxy;
let store: Store;
let shortened: Store;
beforeAll(async () => {
  dynamodb = await startDynamoDb();
  proxy = await startDynamoDbProxy(dynamodb.endpoint, { shortensQueries: true });
  const table = await dynamodb.createTable();
  for (let i = 0; i < COUNT; i += BATCH) {
    const replication = i < OWED ? PENDING : ACKNOWLEDGED;
    const requests = records
      .slice(i, i + BATCH)
      .map((record) => ({ PutRequest: { Item: itemOf(record, replication, 0) } }));
    await dynamodb.client.send(new BatchWriteItemCommand({ RequestItems: { [table]: requests } }));
  }
  const options = { ...dynamodb, table, retentionMs: 1000, isReplica: () => false };
  store = await dynamoDbStore(options);
  shortened = await dynamoDbStore({ ...options, endpoint: proxy.endpoint });
});
afterAll(async () => {
  await proxy.stop();
  await dynamodb.stop();
});

async function all<P extends { readonly cursor?: string }>(next: (cursor?: string) => Promise<P>): Promise<P[]> {
  const pages = [await next()];
  for (let cursor = pages[0]?.cursor; cursor !== undefined; cursor = pages.at(-1)?.cursor)
    pages.push(await next(cursor));
  return pages;
}

test('the digests are those of all records', async () => {
  const expected = new BigUint64Array(BUCKETS);
  for (const record of records)
    expected[bucketOf(record.key)] = (expected[bucketOf(record.key)] ?? 0n) + digestOf(record);
  expect([...(await store.digests(ALL_GROUPS))]).toEqual([...expected]);
});

test('heads come in pages of 2,000', async () => {
  const pages = await all((cursor) => store.headsIn([...Array(BUCKETS).keys()], cursor));
  expect(pages.map(({ heads }) => heads.length)).toEqual([2000, 1000]);
  expect(pages.flatMap(({ heads }) => heads.map(({ key }) => key)).sort()).toEqual(keys);
});

test('the backlog comes in pages, oldest write first, and is counted', async () => {
  const pages = await all((cursor) => store.backlog({ limit: 500, ...(cursor !== undefined && { cursor }) }));
  expect(pages.map(({ entries }) => entries.length)).toEqual([500, 500]);
  expect(pages.flatMap(({ entries }) => entries.map(({ record }) => record.key))).toEqual(keys.slice(0, OWED));
  expect(await store.backlogSize()).toEqual({ count: OWED, oldest: NOW });
});

test('a listing goes through all keys, and they are counted', async () => {
  const list = (cursor?: string) =>
    store.list({ prefix: 'key-', limit: 1000, now: NOW, ...(cursor !== undefined && { cursor }) });
  const pages = await all(list);
  expect(pages.map(({ heads }) => heads.length)).toEqual([1000, 1000, 1000]);
  expect(pages.flatMap(({ heads }) => heads.map(({ key }) => key))).toEqual(keys);
  expect(await store.count(NOW)).toEqual({ count: COUNT, isAtLeast: false });
});

test('answers that end early are not the last', async () => {
  const { heads } = await shortened.list({ prefix: 'key-', limit: 100, now: NOW });
  expect(heads.map(({ key }) => key)).toEqual(keys.slice(0, 100));
  expect(await shortened.backlogSize()).toEqual({ count: OWED, oldest: NOW });
  const { entries } = await shortened.backlog({ limit: 50 });
  expect(entries.map(({ record }) => record.key)).toEqual(keys.slice(0, 50));
  const buckets = keys.slice(0, 9).map(bucketOf);
  const expected = keys.filter((key) => buckets.includes(bucketOf(key)));
  expect((await shortened.headsIn(buckets)).heads.map(({ key }) => key).sort()).toEqual(expected);
});
