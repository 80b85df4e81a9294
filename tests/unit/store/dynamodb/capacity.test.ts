// What each operation asks of DynamoDB: requests, and the units of capacity that it is paid for. docs/dynamodb.md has
// these figures, and what they come to.
import { GetItemCommand, type GlobalSecondaryIndex } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { divergentKey, listing } from '../../../../lib/divergent.ts';
import { inParallel } from '../../../../lib/in-parallel.ts';
import { MAX_KEY_BYTES } from '../../../../lib/limits.ts';
import { admission } from '../../../../lib/replication/admit.ts';
import { rememberedEpoch } from '../../../../lib/replication/remembered-epoch.ts';
import { createReplica } from '../../../../lib/replication/replica.ts';
import { Roles } from '../../../../lib/replication/roles.ts';
import type { Item } from '../../../../lib/store/dynamodb/item.ts';
import { dynamoDbStore } from '../../../../lib/store/dynamodb/store.ts';
import { recordKey } from '../../../../lib/store/dynamodb/table.ts';
import type { Attempt, Entry, NodeState, Store } from '../../../../lib/store/store.ts';
import { tableDefinition } from '../../../../scripts/table.ts';
import { change, copy, EPOCH, NOW, written } from '../../../contract/fixture.ts';
import { startDynamoDb, type TestDynamoDb } from '../../../support/dynamodb.ts';
import { type DynamoDbProxy, startDynamoDbProxy } from '../../../support/dynamodb-proxy.ts';
import { bytesOf, entryOf, indexUnits } from '../../../support/index-writes.ts';
import { TestClock } from '../../../support/replication.ts';
import { withoutHurry } from '../../../support/unhurried.ts';

interface Cost {
  /** Operations of DynamoDB, and how often each was asked for. */
  readonly requests: Readonly<Record<string, number>>;
  /** Units of the table itself, as the endpoint tells them, which it does not of a refusal; of queries the index's. */
  readonly units: number;
  /** Write units in the indexes. */
  readonly keys: number;
  readonly backlog: number;
}

const ACKNOWLEDGED: Attempt = { at: NOW, durationMs: 5, outcome: 'applied' };
const FAILED: Attempt = { at: NOW, durationMs: 5, outcome: 'failed', error: 'replica answered 500' };

withoutHurry();

let dynamodb: TestDynamoDb;
let proxy: DynamoDbProxy;
let table: string;
let indexes: readonly GlobalSecondaryIndex[];
let primary: Store;
let replica: Store;
beforeAll(async () => {
  dynamodb = await startDynamoDb();
  proxy = await startDynamoDbProxy(dynamodb.endpoint, { tellsCapacity: true, givesItems: true });
  table = await dynamodb.createTable();
  indexes = (await tableDefinition()).GlobalSecondaryIndexes ?? [];
  const options = { ...dynamodb, endpoint: proxy.endpoint, table, retentionMs: 1000 };
  primary = await dynamoDbStore({ ...options, isReplica: () => false });
  replica = await dynamoDbStore({ ...options, isReplica: () => true });
  await primary.nodeState?.claimEpoch(EPOCH - 1);
  await primary.nodeState?.keepNote('replica-state', '{}', 0);
});
afterAll(async () => {
  await proxy.stop();
  await dynamodb.stop();
});

async function itemOf(key: string): Promise<Item | undefined> {
  const command = new GetItemCommand({ TableName: table, Key: recordKey(key), ConsistentRead: true });
  return (await dynamodb.client.send(command)).Item;
}

async function costOf(act: () => Promise<unknown>, key = ''): Promise<Cost> {
  const from = proxy.requests.length;
  const before = key ? await itemOf(key) : undefined;
  await act();
  const after = key ? await itemOf(key) : undefined;
  const asked = proxy.requests.slice(from);
  const requests: Record<string, number> = {};
  for (const { operation } of asked) requests[operation] = (requests[operation] ?? 0) + 1;
  // Of a transaction it is told by table.
  const units = asked.flatMap(({ answer }) => [answer?.body.ConsumedCapacity ?? []].flat()).map(unitsOf);
  const inIndex = (name: string) =>
    indexUnits(indexes.find(({ IndexName }) => IndexName === name) as GlobalSecondaryIndex, before, after);
  return { requests, units: units.reduce((a, b) => a + b, 0), keys: inIndex('keys'), backlog: inIndex('backlog') };
}

function unitsOf({ CapacityUnits }: { readonly CapacityUnits: number }): number {
  return CapacityUnits;
}

let names = 0;
const newKey = () => `order-${names++}`;
const put = async (key: string, value?: string, more?: Parameters<typeof change>[2]): Promise<Entry> =>
  written(await primary.write(change(key, value, more)));
async function acknowledged(key: string, more?: Parameters<typeof change>[2]): Promise<Entry> {
  const entry = await put(key, '"hello"', more);
  await primary.settle(entry.record, ACKNOWLEDGED);
  return entry;
}

describe('on the primary', () => {
  test('a read is one request, of a read unit per 4 KB', async () => {
    const key = newKey();
    await acknowledged(key);
    const cost = { requests: { GetItem: 1 }, keys: 0, backlog: 0 };
    expect(await costOf(() => primary.get(key), key)).toEqual({ ...cost, units: 1 });
    await put(key, `"${'x'.repeat(10_000)}"`);
    expect(await costOf(() => primary.get(key), key)).toEqual({ ...cost, units: 3 });
  });

  test('a write is one request, of a write unit per KB, and its acknowledgement another', async () => {
    const key = newKey();
    let entry: Entry | undefined;
    const write = () => costOf(async () => (entry = await put(key, '"hello"')), key);
    const acknowledge = () => costOf(() => primary.settle((entry as Entry).record, ACKNOWLEDGED), key);
    const one = { requests: { UpdateItem: 1 }, units: 1 };
    expect(await write()).toEqual({ ...one, keys: 1, backlog: 1 });
    expect(await acknowledge()).toEqual({ ...one, keys: 1, backlog: 1 });
    expect(await write()).toEqual({ ...one, keys: 1, backlog: 1 });
    expect(await acknowledge()).toEqual({ ...one, keys: 1, backlog: 1 });
  });

  test('a write of 10 KB takes 10 units and one, twice; the indexes hold no value', async () => {
    const key = newKey();
    const entry = { of: undefined as Entry | undefined };
    const write = async () => {
      entry.of = await put(key, `"${'x'.repeat(10_000)}"`);
    };
    const cost = { requests: { UpdateItem: 1 }, units: 10, keys: 1, backlog: 1 };
    expect(await costOf(write, key)).toEqual(cost);
    expect(await costOf(() => primary.settle((entry.of as Entry).record, ACKNOWLEDGED), key)).toEqual(cost);
  });

  test('a conditional write costs the same, also when it is refused', async () => {
    const key = newKey();
    const { record } = await acknowledged(key);
    const condition = { ifMatch: [record] };
    const one = { requests: { UpdateItem: 1 }, units: 1 };
    expect(await costOf(() => put(key, '2', { condition }), key)).toEqual({ ...one, keys: 1, backlog: 1 });
    const refused = await costOf(() => primary.write(change(key, '3', { condition })), key);
    // The item comes with the failed condition, and is not read.
    expect(refused).toEqual({ requests: { UpdateItem: 1 }, units: 0, keys: 0, backlog: 0 });
  });

  test('the first write in the place of a record of other contents is asked for twice, the next one once', async () => {
    const key = newKey();
    await primary.apply(copy(key, 1), { status: 'replicated', attempts: [] });
    // Refused, since it says that the record is its own. The item comes with the failed condition.
    const first = await costOf(() => put(key, '2'), key);
    expect(first).toEqual({ requests: { UpdateItem: 2 }, units: 1, keys: 1, backlog: 1 });
    const second = await costOf(() => put(key, '3', { now: NOW + 1 }), key);
    expect(second).toEqual({ requests: { UpdateItem: 1 }, units: 1, keys: 1, backlog: 2 });
  });

  test('a write of what is not yet acknowledged moves it in the backlog', async () => {
    const key = newKey();
    await put(key, '1');
    const again = () => put(key, '2', { now: NOW + 1 });
    expect(await costOf(again, key)).toEqual({ requests: { UpdateItem: 1 }, units: 1, keys: 1, backlog: 2 });
  });

  test('a failure to replicate stays in the backlog where it is', async () => {
    const key = newKey();
    const { record } = await put(key, '1');
    const settle = (attempt: Attempt) => () => primary.settle(record, attempt, NOW + 99);
    const one = { requests: { UpdateItem: 1 }, units: 1 };
    expect(await costOf(settle(FAILED), key)).toEqual({ ...one, keys: 1, backlog: 0 });
    // What is stored so far is not known, and comes with the failed condition.
    const second = await costOf(settle({ ...FAILED, at: NOW + 1 }), key);
    expect(second).toEqual({ requests: { UpdateItem: 2 }, units: 1, keys: 0, backlog: 0 });
    const late = await costOf(() => primary.settle(record, { ...ACKNOWLEDGED, at: NOW + 2 }), key);
    expect(late).toEqual({ requests: { UpdateItem: 2 }, units: 1, keys: 1, backlog: 1 });
  });

  test('a deletion moves the key among the dead, and a new value back', async () => {
    const key = newKey();
    await acknowledged(key);
    const one = { requests: { UpdateItem: 1 }, units: 1 };
    let entry: Entry | undefined;
    const remove = async () => (entry = written(await primary.write(change(key))));
    expect(await costOf(remove, key)).toEqual({ ...one, keys: 2, backlog: 1 });
    const settle = () => primary.settle((entry as Entry).record, ACKNOWLEDGED);
    expect(await costOf(settle, key)).toEqual({ ...one, keys: 1, backlog: 1 });
    expect(await costOf(() => put(key, '1'), key)).toEqual({ ...one, keys: 2, backlog: 1 });
  });

  test('expiry costs nothing; what DynamoDB then deletes by itself is not paid for either', async () => {
    const key = newKey();
    await acknowledged(key, { expiresAt: NOW + 5 });
    const item = (await itemOf(key)) as Item;
    expect(Number(item.forgetAt?.N)).toBeGreaterThan((NOW + 5) / 1000);
    const read = () => primary.get(key);
    expect(await costOf(read, key)).toEqual({ requests: { GetItem: 1 }, units: 1, keys: 0, backlog: 0 });
  });

  test('a key of 1,024 bytes makes entries of the indexes of more than 1 KB', async () => {
    const key = 'k'.repeat(MAX_KEY_BYTES);
    expect(await costOf(() => put(key, '1'), key)).toEqual({
      requests: { UpdateItem: 1 },
      units: 2,
      keys: 2,
      backlog: 2,
    });
  });
});

describe('on the replica', () => {
  test('a read is one request, of half a unit', async () => {
    const key = newKey();
    await replica.apply(copy(key, 1));
    const cost = { requests: { GetItem: 1 }, units: 0.5, keys: 0, backlog: 0 };
    expect(await costOf(() => replica.get(key), key)).toEqual(cost);
  });

  test('a record is taken in with one request, of one unit and one for the index of keys', async () => {
    const key = newKey();
    const one = { requests: { PutItem: 1 }, units: 1, backlog: 0 };
    expect(await costOf(() => replica.apply(copy(key, 1)), key)).toEqual({ ...one, keys: 1 });
    expect(await costOf(() => replica.apply(copy(key, 2)), key)).toEqual({ ...one, keys: 1 });
    const again = await costOf(() => replica.apply(copy(key, 2)), key);
    expect(again).toEqual({ requests: { PutItem: 1 }, units: 0, keys: 0, backlog: 0 });
    const { value: _, ...tombstone } = copy(key, 3);
    expect(await costOf(() => replica.apply(tombstone), key)).toEqual({ ...one, keys: 2 });
    // DynamoDB forgets by its time to live, at no cost.
    const forget = () => replica.forget({ before: NOW + 99, epoch: NOW, now: NOW + 99 });
    expect(await costOf(forget, key)).toEqual({ requests: {}, units: 0, keys: 0, backlog: 0 });
  });

  test('the role and the highest epoch are read once a second, not for each batch; a new epoch is read, stored, and read', async () => {
    const clock = new TestClock();
    const log = { warn: () => {}, error: () => {} };
    const roles = new Roles(replica, clock, 'replica');
    const admit = admission({
      ...replica,
      id: () => replica.id,
      raiseEpoch: rememberedEpoch(replica, clock),
      heardOf: async () => (await roles.now()).role === 'primary',
    });
    const { apply } = createReplica({ store: replica, clock, log, admit });
    const batch = (epoch: number) => costOf(() => apply({ from: 'primary', to: replica.id, epoch, records: [] }));
    const nothing = { units: 0, keys: 0, backlog: 0, requests: {} };
    expect(await batch(EPOCH)).toEqual({ ...nothing, requests: { GetItem: 3, UpdateItem: 1 }, units: 4 });
    for (let i = 0; i < 5; i++) expect(await batch(EPOCH)).toEqual(nothing);
    clock.time += 1000;
    expect(await batch(EPOCH)).toEqual({ ...nothing, requests: { GetItem: 2 }, units: 2 });
  });

  test('P9 a divergent write is listed with a transaction, which costs twice the units of its puts', async () => {
    const [key, late] = [newKey(), newKey()];
    const { record } = await put(key, '1');
    // Refused at first, since it says that what it replaces is not divergent.
    const replaced = await costOf(() => replica.apply(copy(key, 1, { epoch: EPOCH + 1 })), key);
    expect(replaced).toEqual({ requests: { PutItem: 1, TransactWriteItems: 1 }, units: 4, keys: 1, backlog: 1 });
    expect(listedUnits(await itemOf(divergentKey(record)))).toEqual([1, 1]);
    await put(late, '1', { epoch: EPOCH + 1 });
    const superseded = await costOf(() => replica.apply(copy(late, 1)), late);
    expect(superseded).toEqual({ requests: { PutItem: 2, UpdateItem: 1 }, units: 2, keys: 0, backlog: 0 });
    expect(listedUnits(await itemOf(divergentKey(copy(late, 1))))).toEqual([1, 1]);
  });

  test('a record of a key of which a write is listed is looked at more closely: two requests and two reads more', async () => {
    const key = newKey();
    await put(key, '1');
    await replica.apply(copy(key, 1, { epoch: EPOCH + 1 }));
    const taken = await costOf(() => replica.apply(copy(key, 2, { epoch: EPOCH + 1 })), key);
    expect(taken).toEqual({ requests: { PutItem: 2, GetItem: 2 }, units: 3, keys: 1, backlog: 0 });
    const writes = () => put(key, '3', { epoch: EPOCH + 1, now: NOW + 1 });
    expect(await costOf(writes, key)).toEqual({
      requests: { UpdateItem: 2, GetItem: 2 },
      units: 3,
      keys: 1,
      backlog: 1,
    });
  });

  test('a record that comes back from the other node leaves the backlog with one request more', async () => {
    const key = newKey();
    const { record } = await put(key, '1');
    const acknowledge = await costOf(() => replica.apply(record), key);
    expect(acknowledge).toEqual({ requests: { PutItem: 1, UpdateItem: 1 }, units: 1, keys: 1, backlog: 1 });
  });
});

/** Write units that the item of a divergent write takes in the indexes when it is listed. */
function listedUnits(item: Item | undefined): number[] {
  return indexes.map((index) => indexUnits(index, undefined, item));
}

describe('of many records', () => {
  test('a page of 100 keys, their number, and the backlog’s size ask each of the 16 shards', async () => {
    const keys = Array.from({ length: 200 }, (_, i) => `page/${String(i).padStart(3, '0')}`);
    await inParallel(keys, (key) => replica.apply(copy(key, 1)));
    const page = await costOf(() => primary.list({ prefix: 'page/', limit: 100, now: NOW }));
    // Two of the shards hold more of the page than their share, and are asked again.
    expect(page).toEqual({ requests: { Query: 18 }, units: 9, keys: 0, backlog: 0 });
    const values = () => primary.list({ prefix: 'page/', limit: 100, now: NOW, values: true });
    expect(await costOf(values)).toMatchObject({ requests: { Query: 18, GetItem: 100 }, units: 109 });
    const sixteen = { requests: { Query: 16 }, units: expect.any(Number) };
    expect(await costOf(() => primary.count(NOW))).toMatchObject(sixteen);
    expect(await costOf(() => primary.backlogSize())).toMatchObject(sixteen);
  });

  test('P9 a page of divergent writes asks each shard, that of one key its own, and each write is read', async () => {
    const writes = Array.from({ length: 30 }, (_, i) => copy(`many/${i}`, 1));
    await inParallel(writes, (record) => primary.apply(listing(record, true)));
    const page = await costOf(() => primary.divergent({ limit: 20 }));
    expect(page).toEqual({ requests: { Query: 16, GetItem: 20 }, units: expect.any(Number), keys: 0, backlog: 0 });
    expect(page.units).toBeLessThanOrEqual(28);
    const ofKey = await costOf(() => primary.divergent({ key: 'many/7', limit: 20 }));
    expect(ofKey).toMatchObject({ requests: { Query: 1, GetItem: 1 }, units: 1.5 });
    expect(await costOf(() => primary.divergentCount())).toMatchObject({ requests: { Query: 16 } });
  });

  test('a status asks for the numbers of keys, of the backlog and of divergent writes, the role, the epochs and the replica state: 51 requests', async () => {
    const status = await costOf(() =>
      Promise.all([
        primary.count(NOW),
        primary.backlogSize(),
        primary.divergentCount(),
        primary.roleState(),
        primary.nodeState?.epochs(),
        primary.nodeState?.note('replica-state'),
      ]),
    );
    expect(status.requests).toEqual({ Query: 48, GetItem: 3 });
    expect(status.units).toBeLessThan(29);
  });
});

test('a record with a key of 10 bytes and a value of 100 takes 336 + 89 bytes on the primary, 216 + 73 on the replica', async () => {
  const value = `"${'x'.repeat(98)}"`;
  const sizes = async (key: string) => {
    const item = (await itemOf(key)) as Item;
    const entries = indexes.map((index) => entryOf(index, item)).filter((entry) => entry !== undefined);
    return [bytesOf(item), ...entries.map(bytesOf)];
  };
  const { record } = await put('user/00001', value);
  await primary.settle(record, ACKNOWLEDGED);
  expect(await sizes('user/00001')).toEqual([336, 89]);
  await replica.apply(copy('user/00006', 1, { value }));
  expect(await sizes('user/00006')).toEqual([216, 73]);
});

test('the role is one request, to read and to change', async () => {
  const one = { keys: 0, backlog: 0, units: 1 };
  const { revision } = await primary.roleState();
  expect(await costOf(() => primary.setRoleState({ role: 'primary', term: 1 }, revision))).toEqual({
    ...one,
    requests: { UpdateItem: 1 },
  });
  expect(await costOf(() => primary.roleState())).toEqual({ ...one, requests: { GetItem: 1 } });
});

test('the epochs and a note are one request each, to read and to change', async () => {
  expect((await costOf(() => primary.nodeState?.epochs() as Promise<unknown>)).requests).toEqual({ GetItem: 1 });
  expect((await costOf(() => primary.nodeState?.note('replica-state') as Promise<unknown>)).requests).toEqual({
    GetItem: 1,
  });
  const saved = await costOf(() => primary.nodeState?.keepNote('replica-state', '{}', 1) as Promise<unknown>);
  expect(saved).toMatchObject({ requests: { UpdateItem: 1 }, units: 1 });
});

test('before anything was stored of them they are one request more: version 0.1 may have', async () => {
  const options = { ...dynamodb, endpoint: proxy.endpoint, table: await dynamodb.createTable(), retentionMs: 1000 };
  const { nodeState } = await dynamoDbStore({ ...options, isReplica: () => false });
  expect((await costOf(() => nodeState?.epochs() as Promise<unknown>)).requests).toEqual({ GetItem: 2 });
  expect((await costOf(() => nodeState?.note('replica-state') as Promise<unknown>)).requests).toEqual({ GetItem: 2 });
});

test('the repair lock is one request whenever it is taken, renewed, given back, or refused', async () => {
  const { takeRepairLock, renewRepairLock, releaseRepairLock } = primary.nodeState as NodeState;
  const one = { requests: { UpdateItem: 1 }, units: 1 };
  expect(await costOf(() => takeRepairLock('a', NOW, NOW + 15_000))).toMatchObject(one);
  expect(await costOf(() => takeRepairLock('b', NOW, NOW + 15_000))).toMatchObject({ ...one, units: 0 });
  expect(await costOf(() => renewRepairLock('a', NOW + 20_000))).toMatchObject(one);
  expect(await costOf(() => releaseRepairLock('a'))).toMatchObject(one);
});

test('opening a table is one request', async () => {
  const options = { ...dynamodb, endpoint: proxy.endpoint, table, retentionMs: 1000, isReplica: () => false };
  expect((await costOf(() => dynamoDbStore(options))).requests).toEqual({ DescribeTable: 1 });
});
