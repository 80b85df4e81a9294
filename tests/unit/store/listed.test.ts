// Which divergent writes an engine tells of as listed: each once, whichever way it came.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { listing } from '../../../lib/divergent.ts';
import type { StoredRecord } from '../../../lib/record.ts';
import { dynamoDbStore } from '../../../lib/store/dynamodb/store.ts';
import { memoryStore } from '../../../lib/store/memory/store.ts';
import type { Store } from '../../../lib/store/store.ts';
import { change, copy, EPOCH, written } from '../../contract/fixture.ts';
import { startDynamoDb, type TestDynamoDb } from '../../support/dynamodb.ts';

let dynamodb: TestDynamoDb;
beforeAll(async () => {
  dynamodb = await startDynamoDb();
});
afterAll(() => dynamodb.stop());

type Open = (onListed: (listed: StoredRecord) => void) => Promise<Store>;
const ENGINES: ReadonlyArray<readonly [name: string, open: Open]> = [
  ['memory', async (onListed) => memoryStore(1e9, { onListed })],
  [
    'dynamodb',
    async (onListed) => {
      const table = await dynamodb.createTable();
      return dynamoDbStore({ ...dynamodb, table, retentionMs: 1000, isReplica: () => false, onListed });
    },
  ],
];

describe.each(ENGINES)('%s', (_, open) => {
  let store: Store;
  let listed: StoredRecord[];
  beforeEach(async () => {
    listed = [];
    store = await open((record) => listed.push(record));
  });

  test('a write that is superseded unseen by one of others', async () => {
    const { record } = written(await store.write(change('k', '1')));
    const later = copy('k', 1, { epoch: EPOCH + 1 });
    expect(await store.apply(later)).toBe('applied');
    expect(listed).toEqual([listing(record, true)]);
    expect(await store.apply(later)).toBe('same');
    expect(listed).toHaveLength(1);
  });

  test('one that comes after what superseded it unseen, once', async () => {
    await store.write(change('k', '1', { epoch: EPOCH + 1 }));
    const late = copy('k', 1);
    for (let i = 0; i < 2; i++) expect(await store.apply(late)).toBe('superseded');
    expect(listed).toEqual([listing(late, true)]);
  });

  test('one that the other node has listed; not what takes it from the list', async () => {
    const entry = listing(copy('k', 1), true);
    for (const outcome of ['applied', 'same']) expect(await store.apply(entry)).toBe(outcome);
    expect(listed).toEqual([entry]);
    await store.write(change(entry.key));
    expect(await store.divergentCount()).toBe(0);
    expect(listed).toHaveLength(1);
  });

  test('no write that was seen', async () => {
    await store.apply(copy('k', 1));
    await store.write(change('k', '2'));
    await store.apply(copy('k', 3, { base: { epoch: EPOCH, version: 2 } }));
    expect(listed).toEqual([]);
  });
});
