// A table whose node changes its role: what a primary stored of its records' copies, the replica does not show.
import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { storedEpoch } from '../../../../lib/replication/current-epoch.ts';
import { dynamoDbStore } from '../../../../lib/store/dynamodb/store.ts';
import type { NodeState } from '../../../../lib/store/store.ts';
import { change, copy, NOW } from '../../../contract/fixture.ts';
import { startDynamoDb, type TestDynamoDb } from '../../../support/dynamodb.ts';
import { TestClock } from '../../../support/replication.ts';
import { withoutHurry } from '../../../support/unhurried.ts';

withoutHurry();

let dynamodb: TestDynamoDb;
beforeAll(async () => {
  dynamodb = await startDynamoDb();
});
afterAll(() => dynamodb.stop());

test('P2 a former primary shows no status of its own as a replica, and has its backlog when it is primary again', async () => {
  const table = await dynamodb.createTable();
  const open = (isReplica: boolean) => dynamoDbStore({ ...dynamodb, table, isReplica, retentionMs: 1000 });
  const primary = await open(false);
  for (const key of ['waiting', 'overwritten']) await primary.write(change(key, '1'));

  const replica = await open(true);
  expect(await replica.apply(copy('overwritten', 2))).toBe('applied');
  for (const key of ['waiting', 'overwritten']) expect(await replica.get(key)).not.toHaveProperty('replication');
  const { heads } = await replica.list({ prefix: '', limit: 10, now: NOW });
  expect(heads.map(({ key }) => key)).toEqual(['overwritten', 'waiting']);
  for (const head of heads) expect(head).not.toHaveProperty('status');

  const again = await open(false);
  const { entries } = await again.backlog({ limit: 10 });
  expect(entries.map(({ record }) => record.key)).toEqual(['waiting']);
  expect(await again.backlogSize()).toMatchObject({ count: 1 });
});

test('a primary begins a new epoch within a minute when an operator has taken its own away', async () => {
  const table = await dynamodb.createTable();
  const { nodeState } = await dynamoDbStore({ ...dynamodb, table, isReplica: false, retentionMs: 1000 });
  const clock = new TestClock();
  const currentEpoch = await storedEpoch(nodeState as NodeState, clock, 0);
  const before = currentEpoch.value;
  const Key = { key: { S: 'epoch' }, kind: { S: 'node' } };
  await dynamodb.client.send(new UpdateItemCommand({ TableName: table, Key, UpdateExpression: 'REMOVE own' }));
  clock.time += 60_000;
  await currentEpoch.refresh();
  expect(currentEpoch.value).toBe(before + 60_000);
});
