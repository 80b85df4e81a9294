// Divergent writes in a table: how they are listed, and that a failure of DynamoDB does not tear the listing of a write from
// its replacement.
import {
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { divergentKey, listing } from '../../../../lib/divergent.ts';
import { EPOCH_MS } from '../../../../lib/limits.ts';
import type { StoredRecord } from '../../../../lib/record.ts';
import { dynamoDbStore } from '../../../../lib/store/dynamodb/store.ts';
import { recordKey } from '../../../../lib/store/dynamodb/table.ts';
import type { Store } from '../../../../lib/store/store.ts';
import { change, copy, EPOCH, written } from '../../../contract/fixture.ts';
import { startDynamoDb, type TestDynamoDb } from '../../../support/dynamodb.ts';
import { type Disturbance, type DynamoDbProxy, startDynamoDbProxy } from '../../../support/dynamodb-proxy.ts';
import { WHOLE } from '../../../support/property.ts';
import { withoutHurry } from '../../../support/unhurried.ts';

withoutHurry();

const UNAVAILABLE = { code: 'store_unavailable' };
const LATER = EPOCH + 1;
const HOUR_MS = 60 * 60 * 1000;
/** It has not arrived, or was refused. */
const UNDONE: (Disturbance & string)[] = [
  'throttled',
  'slowed_down',
  'conflicting',
  'failed',
  'lost_request',
  'web_page',
];
/** It was done, and the answer was lost. */
const DONE: (Disturbance & string)[] = ['failed_after', 'lost_reply', 'truncated'];

let dynamodb: TestDynamoDb;
let proxy: DynamoDbProxy;
let table: string;
let store: Store;
beforeAll(async () => {
  dynamodb = await startDynamoDb();
  proxy = await startDynamoDbProxy(dynamodb.endpoint, { givesItems: true });
  table = await dynamodb.createTable();
  const options = { ...dynamodb, endpoint: proxy.endpoint, table, retentionMs: 1000 };
  store = await dynamoDbStore({ ...options, isReplica: () => false });
});
afterEach(() => proxy.calm());
afterAll(async () => {
  await proxy.stop();
  await dynamodb.stop();
});

let keys = 0;
const newKey = () => `key-${keys++}`;
const later = (key: string) => copy(key, 1, { epoch: LATER });
const newWrite = async (key = newKey()): Promise<StoredRecord> => written(await store.write(change(key, '1'))).record;
/** The operations that were asked for meanwhile. */
async function operationsOf(act: () => Promise<unknown>): Promise<string[]> {
  const from = proxy.requests.length;
  await act();
  return proxy.requests.slice(from).map(({ operation }) => operation);
}
/** The stamps that a key has and is listed with, as the table says. */
async function found({ key, epoch, version }: StoredRecord): Promise<{ epoch: number; isListed: boolean }> {
  const [held, listed] = await Promise.all(
    [key, divergentKey({ key, epoch, version })].map((each) =>
      dynamodb.client.send(new GetItemCommand({ TableName: table, Key: recordKey(each), ConsistentRead: true })),
    ),
  );
  return { epoch: Number(held?.Item?.epoch?.N), isListed: listed?.Item !== undefined };
}

describe('apply', () => {
  test('is one conditional put where nothing is divergent', async () => {
    const write = await newWrite();
    const { key, epoch, version } = write;
    const more = { epoch: LATER, base: { epoch, version } };
    for (const next of [2, 3])
      expect(await operationsOf(() => store.apply(copy(key, next, more)))).toEqual(['PutItem']);
    expect(await operationsOf(() => store.apply(write))).toEqual(['PutItem']);
    expect(await operationsOf(() => store.apply(copy(newKey(), 1)))).toEqual(['PutItem']);
  });

  test('is a put and a transaction where what is replaced is divergent', async () => {
    const write = await newWrite();
    expect(await operationsOf(() => store.apply(later(write.key)))).toEqual(['PutItem', 'TransactWriteItems']);
    // The key names one that is listed, which is read to see whether the next record had seen it.
    const next = copy(write.key, 2, { epoch: LATER });
    const looks = ['PutItem', 'PutItem', 'GetItem', 'GetItem'];
    expect(await operationsOf(() => store.apply(next))).toEqual(looks);
    expect(await operationsOf(() => store.write(change(write.key, '3', { epoch: LATER })))).toEqual([
      'UpdateItem',
      'UpdateItem',
      'GetItem',
      'GetItem',
    ]);
    await store.write(change(divergentKey(write), undefined, { epoch: LATER }));
    // It is acknowledged, and named no more.
    const last = copy(write.key, 4, { epoch: LATER, base: { epoch: LATER, version: 3 } });
    expect(await operationsOf(() => store.apply(last))).toEqual([...looks, 'UpdateItem']);
    expect(await operationsOf(() => store.apply({ ...last, version: 5 }))).toEqual(['PutItem']);
  });

  test('is two puts and an update where what arrives is divergent', async () => {
    const key = newKey();
    await store.write(change(key, '1', { epoch: LATER }));
    const late = copy(key, 9);
    expect(await operationsOf(() => store.apply(late))).toEqual(['PutItem', 'UpdateItem', 'PutItem']);
    expect(await found(late)).toEqual({ epoch: LATER, isListed: true });
    // It is known already, which a condition finds out.
    expect(await operationsOf(() => store.apply(late))).toEqual(['PutItem', 'UpdateItem', 'PutItem']);
  });

  test('P6 is done where DynamoDB does not answer when it looks at what is listed: the next record does so', async () => {
    const write = await newWrite();
    await store.apply(later(write.key));
    const base = { epoch: EPOCH - 1, version: 1 };
    const seenBy = { ...write, epoch: LATER + 1, version: 9, base };
    proxy.refuse('GetItem', 'ThrottlingException');
    expect(await store.apply(seenBy)).toBe('applied');
    proxy.calm();
    expect((await store.divergent({ key: write.key, limit: 9 })).entries).toHaveLength(2);
    await store.write(change(write.key, '2', { epoch: LATER + 1 }));
    const { entries } = await store.divergent({ key: write.key, limit: 9 });
    expect(entries.map(({ record }) => record.key)).toEqual([divergentKey(later(write.key))]);
  });

  test('P8 names 100 listed writes of a key at most, and lists more', async () => {
    const key = newKey();
    await store.write(change(key, '1', { epoch: EPOCH + 999 }));
    for (let i = 0; i < 110; i++)
      await store.apply(copy(key, 1, { epoch: EPOCH + i, writer: `${i}`.padStart(16, '0') }));
    expect((await store.divergent({ key, limit: 200 })).entries).toHaveLength(110);
    const { Item } = await dynamodb.client.send(new GetItemCommand({ TableName: table, Key: recordKey(key) }));
    expect(Item?.listed?.SS).toHaveLength(100);
    await store.apply(copy(key, 1, { epoch: EPOCH + 1999 }));
    expect((await store.divergent({ key, limit: 200 })).entries).toHaveLength(111);
  });

  test('does not list what the other node had acknowledged, and may have forgotten when it wrote the key again', async () => {
    const deleteNew = async () => {
      const { key } = await newWrite();
      return written(await store.write(change(key))).record;
    };
    const [after, before, owed] = [await deleteNew(), await deleteNew(), await deleteNew()];
    for (const record of [after, before]) await store.settle(record, { at: EPOCH, durationMs: 1, outcome: 'applied' });
    // The last hour leaves room for clocks that differ.
    const forgetAt = EPOCH + EPOCH_MS + HOUR_MS;
    for (const [{ key }, updatedAt] of [
      [after, forgetAt + 1000],
      [before, forgetAt - 1000],
      [owed, forgetAt + 1000],
    ] as const)
      expect(await store.apply(copy(key, 1, { epoch: updatedAt, updatedAt }))).toBe('applied');
    const places = [await found(after), await found(before), await found(owed)];
    expect(places.map(({ isListed }) => isListed)).toEqual([false, true, true]);
  });

  test('P9 replaces a write that was listed already with one put more', async () => {
    const write = await newWrite();
    const { updatedAt, epoch } = write;
    await store.apply({ key: divergentKey(write), epoch, version: 2, updatedAt });
    const operations = await operationsOf(() => store.apply(later(write.key)));
    expect(operations).toEqual(['PutItem', 'TransactWriteItems', 'PutItem']);
    expect(await found(write)).toEqual({ epoch: LATER, isListed: true });
    expect((await store.get(divergentKey(write)))?.record).not.toHaveProperty('value');
  });

  test.each(UNDONE)('P9 neither replaces nor lists while each transaction is %s, and does both then', async (how) => {
    const write = await newWrite();
    proxy.disturb('TransactWriteItems', ...Array<Disturbance>(50).fill(how));
    await expect(store.apply(later(write.key))).rejects.toMatchObject(UNAVAILABLE);
    expect(await found(write)).toEqual({ epoch: EPOCH, isListed: false });
    proxy.disturb('TransactWriteItems', how, how);
    expect(await store.apply(later(write.key))).toBe('applied');
    expect(await found(write)).toEqual({ epoch: LATER, isListed: true });
  });

  test.each(DONE)('P9 has replaced and listed after a transaction whose answer was lost (%s)', async (how) => {
    const write = await newWrite();
    proxy.disturb('TransactWriteItems', how);
    expect(['applied', 'same']).toContain(await store.apply(later(write.key)));
    expect(await found(write)).toEqual({ epoch: LATER, isListed: true });
  });

  test('P3 P9 a transaction that arrives late does nothing any more', async () => {
    const write = await newWrite();
    proxy.disturb('TransactWriteItems', 'late', 'late');
    expect(await store.apply(later(write.key))).toBe('applied');
    await store.write(change(divergentKey(write), undefined, { epoch: LATER + 1 }));
    await store.write(change(write.key, '2', { epoch: LATER + 1 }));
    await proxy.release();
    expect(await found(write)).toEqual({ epoch: LATER + 1, isListed: true });
    expect((await store.get(divergentKey(write)))?.record).not.toHaveProperty('value');
  });

  test('P9 lists what a write put there while the record was on its way', async () => {
    const write = await newWrite();
    const next = () => store.write(change(write.key, '2'));
    proxy.disturb('PutItem', next);
    expect(await store.apply(later(write.key))).toBe('applied');
    const latest = { ...write, version: 2 };
    expect(await found(latest)).toEqual({ epoch: LATER, isListed: true });
    expect(await found(write)).toEqual({ epoch: LATER, isListed: false });
  });

  test.each(['PutItem', 'UpdateItem'])('P6 waits while a transaction has the item (%s)', async (operation) => {
    const key = newKey();
    proxy.disturb(operation, 'conflicting', 'conflicting');
    if (operation === 'PutItem') expect(await store.apply(copy(key, 1))).toBe('applied');
    else expect(await store.write(change(key, '1'))).toMatchObject({ outcome: 'written' });
    proxy.refuse(operation, 'TransactionConflictException');
    await expect(store.apply(copy(key, 9)).then(() => store.write(change(key, '2')))).rejects.toMatchObject(
      UNAVAILABLE,
    );
  });

  test('P9 under any faults a write is replaced and listed, or neither, at each moment', async () => {
    const disturbance = fc.option(fc.constantFrom<Disturbance>(...UNDONE, ...DONE, 'late'), {
      nil: undefined,
      freq: 2,
    });
    const disturbances = fc.array(disturbance, { maxLength: 12 });
    const run = fc.record({ puts: disturbances, transactions: disturbances, writers: fc.integer({ min: 1, max: 4 }) });
    await fc.assert(
      fc.asyncProperty(run, async ({ puts, transactions, writers }) => {
        const write = await newWrite();
        const records = Array.from({ length: writers }, (_, i) =>
          copy(write.key, 1, { epoch: LATER + i, writer: `${i}`.padStart(16, '0') }),
        );
        proxy.disturb('PutItem', ...puts);
        proxy.disturb('TransactWriteItems', ...transactions);
        const under = records.map((record) => store.apply(record).catch(orUnavailable));
        const outcomes = await Promise.all(under);
        await proxy.release();
        proxy.calm();
        const { epoch } = await found(write);
        // What was applied is there, or listed; and so is what it replaced.
        const reached = records.filter((record, i) => outcomes[i] !== 'unavailable' || record.epoch === epoch);
        for (const record of [write, ...reached])
          expect([record, (await found(record)).isListed]).toEqual([record, record.epoch !== epoch && epoch > EPOCH]);
        for (const record of records) await store.apply(record);
        for (const record of [write, ...records])
          expect(await found(record)).toEqual({
            epoch: LATER + writers - 1,
            isListed: record.epoch < LATER + writers - 1,
          });
      }),
      { numRuns: 40, ...WHOLE },
    );
  });
});

test('an item of a divergent write is beside that of its key, and names the write', async () => {
  const { key, epoch, version } = await newWrite();
  await store.apply(later(key));
  const command = new QueryCommand({
    TableName: table,
    KeyConditionExpression: '#key = :key',
    ExpressionAttributeNames: { '#key': 'key' },
    ExpressionAttributeValues: { ':key': { S: key } },
  });
  const { Items = [] } = await dynamodb.client.send(command);
  expect(Items.map(({ kind }) => kind?.S)).toEqual([`divergent-${epoch}-${version}`, 'record']);
  expect(Items[0]).toMatchObject({ shard: { S: expect.stringMatching(/^divergent \d+$/) } });
});

test('P8 an item that is none of Tandem’s, in the place of a divergent write, is an error', async () => {
  const key = newKey();
  const write = { key, epoch: EPOCH, version: 1 };
  await dynamodb.client.send(new PutItemCommand({ TableName: table, Item: recordKey(divergentKey(write)) }));
  await expect(store.get(divergentKey(write))).rejects.toThrow('An item of the table is none of Tandem');
});

describe('the endpoint of this machine', () => {
  const put = (key: string, condition: string, more: object = {}) => ({
    Put: {
      TableName: table,
      Item: { ...recordKey(key), shard: { S: 'dead 0' } },
      ConditionExpression: condition,
      ExpressionAttributeNames: { '#key': 'key' },
      ...more,
    },
  });
  const transact = (...TransactItems: { Put: { TableName: string; Item: object } }[]) =>
    dynamodb.client.send(new TransactWriteItemsCommand({ TransactItems } as never));
  const ABSENT = 'attribute_not_exists(#key)';

  test('does all of a transaction or nothing, and says which condition failed', async () => {
    const [a, b] = [newKey(), newKey()];
    await store.write(change(b, '1'));
    await expect(transact(put(a, ABSENT), put(b, ABSENT))).rejects.toMatchObject({
      name: 'TransactionCanceledException',
      CancellationReasons: [{ Code: 'None' }, { Code: 'ConditionalCheckFailed' }],
    });
    expect(await store.get(a)).toBeUndefined();
    await transact(put(a, ABSENT), put(b, 'attribute_exists(#key)'));
    await expect(store.get(a)).rejects.toThrow('none of Tandem');
  });

  test('does one of many transactions that want the same items', async () => {
    const [a, b] = [newKey(), newKey()];
    const tries = Array.from({ length: 9 }, (_, i) =>
      i % 2 ? transact(put(a, ABSENT), put(b, ABSENT)) : transact(put(b, ABSENT), put(a, ABSENT)),
    );
    const outcomes = await Promise.allSettled(tries);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test.each([
    ['an expression that is none', (key: string) => [put(key, 'attribute_not_exists(')]],
    [
      'an attribute of an index that is no string',
      (key: string) => [put(key, ABSENT, { Item: { ...recordKey(key), shard: { N: '1' } } })],
    ],
    ['two tables', (key: string) => [put(key, ABSENT), put(`${key}-`, ABSENT, { TableName: 'tandem-test-another' })]],
    ['a table that is not there', (key: string) => [put(key, ABSENT, { TableName: 'tandem-test-none' })]],
    ['nothing', () => []],
    ['a deletion', () => [{ Delete: {} } as never]],
  ])('refuses %s', async (_, items) => {
    await expect(transact(...items(newKey()))).rejects.toMatchObject({ $metadata: { httpStatusCode: 400 } });
  });
});

function orUnavailable(error: { code?: string }): 'unavailable' {
  if (error.code === 'store_unavailable') return 'unavailable';
  throw error;
}

test('P9 R9 a listed write stays listed where the table may have forgotten what others wrote in between', async () => {
  // Its epoch goes on for nearly a day after others took over, and deleted the key.
  const key = newKey();
  const put = async (value: string, epoch: number, now: number) =>
    written(await store.write(change(key, value, { epoch, now }))).record;
  const listed = await put('1', EPOCH, EPOCH + 23 * HOUR_MS);
  const { value: _, ...deletion } = copy(key, 2, { epoch: LATER, updatedAt: LATER });
  await store.apply(deletion);
  await dynamodb.client.send(new DeleteItemCommand({ TableName: table, Key: recordKey(key) }));
  const next = await put('2', EPOCH + EPOCH_MS + HOUR_MS, EPOCH + EPOCH_MS + HOUR_MS);
  expect(next).not.toHaveProperty('base');
  await store.apply(listing(listed, true));
  expect((await store.get(divergentKey(listed)))?.record.value).toBe(listing(listed, true).value);
});
