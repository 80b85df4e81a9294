// What the DynamoDB store makes of the table, the endpoint and the credentials that it is started with.
import dns from 'node:dns';
import type { AttributeDefinition, GlobalSecondaryIndex, KeySchemaElement } from '@aws-sdk/client-dynamodb';
import {
  CreateTableCommand,
  DeleteTableCommand,
  ScanCommand,
  waitUntilTableExists,
  waitUntilTableNotExists,
} from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { contentsIdOf } from '../../../../lib/store/dynamodb/contents-id.ts';
import { type DynamoDbOptions, dynamoDbStore } from '../../../../lib/store/dynamodb/store.ts';
import { type TableDefinition, tableDefinition } from '../../../../scripts/table.ts';
import { change, copy, NOW } from '../../../contract/fixture.ts';
import { startDynamoDb, type TestDynamoDb } from '../../../support/dynamodb.ts';
import { type DynamoDbProxy, startDynamoDbProxy } from '../../../support/dynamodb-proxy.ts';
import { withoutHurry } from '../../../support/unhurried.ts';

withoutHurry();

let dynamodb: TestDynamoDb;
let proxy: DynamoDbProxy;
let shape: TableDefinition;
let table: string;
beforeAll(async () => {
  dynamodb = await startDynamoDb();
  proxy = await startDynamoDbProxy(dynamodb.endpoint);
  shape = await tableDefinition();
  table = await dynamodb.createTable();
});
afterEach(() => proxy.calm());
afterAll(async () => {
  await proxy.stop();
  await dynamodb.stop();
});

const open = (more: Partial<DynamoDbOptions> = {}) =>
  dynamoDbStore({ ...dynamodb, table, endpoint: proxy.endpoint, isReplica: () => false, retentionMs: 1000, ...more });

/** The sentence with which the store refuses to start. */
async function complaint(more: Partial<DynamoDbOptions> = {}): Promise<string> {
  const error = await open(more).then(
    () => new Error('it started'),
    (thrown: Error) => thrown,
  );
  expect(error.name).toBe('ConfigError');
  expect(error.message).not.toContain('\n');
  return error.message;
}

describe('a table of the wrong shape', () => {
  type Indexes = (indexes: readonly GlobalSecondaryIndex[]) => readonly GlobalSecondaryIndex[];
  const types = (...names: string[]): AttributeDefinition[] =>
    names.map((AttributeName) => ({ AttributeName, AttributeType: 'S' }));
  const keyOf = (hash: string, range?: string): KeySchemaElement[] => [
    { AttributeName: hash, KeyType: 'HASH' },
    ...(range ? [{ AttributeName: range, KeyType: 'RANGE' as const }] : []),
  ];
  const withIndexes = (change: Indexes) => (): Partial<TableDefinition> => ({
    GlobalSecondaryIndexes: [...change(shape.GlobalSecondaryIndexes ?? [])],
  });
  const indexed = types('key', 'kind', 'shard', 'backlog', 'backlogAt');

  test.each<[string, () => Partial<TableDefinition>, string]>([
    ['another key', () => ({ KeySchema: keyOf('kind', 'key') }), 'its key is (kind, key), not (key, kind)'],
    [
      'a key of one attribute',
      () => ({
        KeySchema: keyOf('key'),
        AttributeDefinitions: types('key', 'shard', 'backlog', 'backlogAt'),
      }),
      'its key is (key), not (key, kind)',
    ],
    [
      'a number as a key',
      () => ({
        AttributeDefinitions: indexed.map((each) => ({
          ...each,
          AttributeType: each.AttributeName === 'backlogAt' ? ('N' as const) : ('S' as const),
        })),
      }),
      "its key attribute 'backlogAt' is not a string",
    ],
    [
      'no index of keys',
      () => ({
        ...withIndexes((all) => all.filter(({ IndexName }) => IndexName !== 'keys'))(),
        AttributeDefinitions: types('key', 'kind', 'backlog', 'backlogAt'),
      }),
      "it has no index 'keys'",
    ],
    [
      'no index at all',
      () => ({ GlobalSecondaryIndexes: undefined, AttributeDefinitions: types('key', 'kind') }),
      "it has no index 'keys'",
    ],
    [
      'no index of the backlog',
      () => ({
        ...withIndexes((all) => all.filter(({ IndexName }) => IndexName !== 'backlog'))(),
        AttributeDefinitions: types('key', 'kind', 'shard'),
      }),
      "it has no index 'backlog'",
    ],
    [
      'another key of an index',
      withIndexes((all) =>
        all.map((index) => (index.IndexName === 'keys' ? { ...index, KeySchema: keyOf('shard', 'kind') } : index)),
      ),
      "the key of its index 'keys' is (shard, kind), not (shard, key)",
    ],
    [
      'an index that lacks attributes',
      withIndexes((all) =>
        all.map((index) =>
          index.IndexName === 'keys'
            ? {
                ...index,
                Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['epoch', 'version', 'updatedAt'] },
              }
            : index,
        ),
      ),
      "its index 'keys' lacks expiresAt, status",
    ],
    [
      'an index of keys only',
      withIndexes((all) =>
        all.map((index) =>
          index.IndexName === 'keys' ? { ...index, Projection: { ProjectionType: 'KEYS_ONLY' } } : index,
        ),
      ),
      "its index 'keys' lacks epoch, version, updatedAt, expiresAt, status",
    ],
  ])('%s', async (_, differently, flaw) => {
    const wrong = await dynamodb.createTable(differently());
    expect(await complaint({ table: wrong })).toBe(
      `TABLE_NAME must be a table as serverless.yml makes it: of '${wrong}', ${flaw}.`,
    );
  });

  test('is never written to, although it was not known to be wrong when the store was opened', async () => {
    const wrong = await dynamodb.createTable({
      ...withIndexes((all) => all.filter(({ IndexName }) => IndexName !== 'backlog'))(),
      AttributeDefinitions: types('key', 'kind', 'shard'),
    });
    proxy.refuse('DescribeTable', 'ThrottlingException');
    const store = await open({ table: wrong });
    proxy.calm();
    const record = copy('k', 1);
    for (const act of [
      () => store.write(change('k', '1')),
      () => store.apply(record),
      () => store.settle(record, { at: NOW, durationMs: 0, outcome: 'applied' }),
      () => store.raiseEpoch(5),
      () => store.setRoleState({ role: 'primary', term: 1 }, 0),
      () => store.nodeState?.claimEpoch(5),
      () => store.nodeState?.keepNote('replica-state', '{}', 0),
    ])
      await expect(act()).rejects.toMatchObject({ name: 'ConfigError' });
    const { Items } = await dynamodb.client.send(new ScanCommand({ TableName: wrong }));
    expect(Items).toEqual([]);
  });

  test('is none with more indexes and attributes than are needed', async () => {
    const more = await dynamodb.createTable({
      AttributeDefinitions: [...indexed, { AttributeName: 'updatedAt', AttributeType: 'N' }],
      GlobalSecondaryIndexes: [
        ...(shape.GlobalSecondaryIndexes ?? []),
        { IndexName: 'mine', KeySchema: keyOf('kind', 'updatedAt'), Projection: { ProjectionType: 'ALL' } },
      ],
    });
    expect(await (await open({ table: more })).count(NOW)).toEqual({ count: 0, isAtLeast: false });
  });
});

describe('a table whose description has no TableId, as by DynamoDB Local', () => {
  let local: DynamoDbProxy;
  beforeAll(async () => {
    local = await startDynamoDbProxy(dynamodb.endpoint, { hidesTableIds: true });
  });
  afterAll(() => local.stop());

  const idOf = async (name: string) => (await open({ table: name, endpoint: local.endpoint })).id;

  test('P2 has a contents id that stays, and that no other table has', async () => {
    const [a, b] = [await dynamodb.createTable(), await dynamodb.createTable()];
    expect(await idOf(a)).toMatch(/^[0-9a-f]{32}$/);
    expect(await idOf(a)).toBe(await idOf(a));
    expect(await idOf(b)).not.toBe(await idOf(a));
    expect(await idOf(await dynamodb.restoreTable(a))).not.toBe(await idOf(a));
  });

  test('P2 has another contents id when it is made anew under its name', async () => {
    const name = await dynamodb.createTable();
    const before = await idOf(name);
    await dynamodb.client.send(new DeleteTableCommand({ TableName: name }));
    await waitUntilTableNotExists({ client: dynamodb.client, maxWaitTime: 60, minDelay: 0.01 }, { TableName: name });
    await dynamodb.client.send(new CreateTableCommand({ ...shape, TableName: name }));
    await waitUntilTableExists({ client: dynamodb.client, maxWaitTime: 60, minDelay: 0.01 }, { TableName: name });
    expect(await idOf(name)).not.toBe(before);
  });

  test('nor a time at which it was made, cannot be used', () => {
    expect(contentsIdOf({ TableArn: 'arn' })).toBeUndefined();
    expect(contentsIdOf({ TableId: 'id' })).toBe('id');
  });
});

test('a table that is not there', async () => {
  expect(await complaint({ table: 'tandem-none' })).toBe(
    `TABLE_NAME must be the name of a table that exists: there is no 'tandem-none' at ${proxy.endpoint}.`,
  );
});

test.each([
  ['AccessDeniedException', 'TABLE_NAME must be a table that these credentials may use: no permission'],
  ['UnrecognizedClientException', 'AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN must be valid'],
  ['InvalidSignatureException', 'AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN must be valid'],
  ['ExpiredTokenException', 'AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN must be valid'],
  [
    'MissingAuthenticationTokenException',
    'AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN must be valid',
  ],
])('credentials that are refused: %s', async (type, sentence) => {
  proxy.refuse('DescribeTable', type, 'no permission');
  expect(await complaint()).toContain(sentence);
});

test('an endpoint at which nothing listens', async () => {
  const { endpoint, stop } = await startDynamoDbProxy(dynamodb.endpoint);
  await stop();
  expect(await complaint({ endpoint })).toContain(
    `AWS_ENDPOINT_URL_DYNAMODB must be the address of a DynamoDB endpoint: nothing answers at ${endpoint}.`,
  );
});

test('a region that does not exist', async () => {
  const lookup = jest
    .spyOn(dns, 'lookup')
    .mockImplementation(((_: string, __: object, told: (error: Error) => void) =>
      told(Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' }))) as unknown as typeof dns.lookup);
  try {
    expect(await complaint({ endpoint: undefined, region: 'eu-nowhere-1' })).toBe(
      "AWS_REGION must be a region of AWS: no DynamoDB is found in 'eu-nowhere-1'.",
    );
    expect(lookup.mock.calls[0]?.[0]).toBe('dynamodb.eu-nowhere-1.amazonaws.com');
  } finally {
    lookup.mockRestore();
  }
});

test('DynamoDB that does not answer for a while: the store opens, says so, and works once it answers', async () => {
  proxy.refuse('DescribeTable', 'ThrottlingException');
  const store = await open();
  const unavailable = { code: 'store_unavailable' };
  expect(() => store.id).toThrow(expect.objectContaining(unavailable));
  await expect(store.get('k')).rejects.toMatchObject(unavailable);
  await expect(store.write(change('k', '1'))).rejects.toMatchObject(unavailable);
  await expect(store.nodeState?.epochs()).rejects.toMatchObject(unavailable);
  proxy.calm();
  expect(await store.write(change('k', '1'))).toMatchObject({ outcome: 'written' });
  expect(store.id).toBe((await open()).id);
});

test('what turns out to be wrong later is said in the same way', async () => {
  proxy.refuse('DescribeTable', 'ThrottlingException');
  const store = await open({ table: 'tandem-none' });
  proxy.calm();
  await expect(store.get('k')).rejects.toThrow('TABLE_NAME must be the name of a table that exists');
});

test('DynamoDB that goes away after the start is no wrong setting', async () => {
  const gone = await startDynamoDbProxy(dynamodb.endpoint);
  const store = await open({ endpoint: gone.endpoint });
  await gone.stop();
  await expect(store.get('k')).rejects.toMatchObject({ code: 'store_unavailable' });
});
