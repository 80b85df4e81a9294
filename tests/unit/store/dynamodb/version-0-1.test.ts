// A table of version 0.1 is taken over at its first use: nothing that 0.1 knew or owed is lost.
import { GetItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { compareStamps } from '../../../../lib/record.ts';
import { storedEpoch } from '../../../../lib/replication/current-epoch.ts';
import { savedLastContact } from '../../../../lib/replication/last-contact.ts';
import { savedReplicaState } from '../../../../lib/replication/shared-replica-state.ts';
import { dynamoDbStore } from '../../../../lib/store/dynamodb/store.ts';
import { recordKey } from '../../../../lib/store/dynamodb/table.ts';
import type { NodeState, Store } from '../../../../lib/store/store.ts';
import { change, written } from '../../../contract/fixture.ts';
import { startDynamoDb, type TestDynamoDb } from '../../../support/dynamodb.ts';
import { RETENTION_MS, TestClock } from '../../../support/replication.ts';
import { DELETED, MADE_AT, OWED, tablesOf01, VALUES } from '../../../support/tables-of-0-1.ts';
import { withoutHurry } from '../../../support/unhurried.ts';

withoutHurry();

const DAY_MS = 24 * 60 * 60 * 1000;

let dynamodb: TestDynamoDb;
beforeAll(async () => {
  dynamodb = await startDynamoDb();
});
afterAll(() => dynamodb.stop());

type DurableStore = Store & { readonly nodeState: NodeState };
let tables: { primary: string; replica: string };
let primary: DurableStore;
let replica: DurableStore;
beforeEach(async () => {
  tables = await tablesOf01(dynamodb);
  [primary, replica] = await Promise.all([open(tables.primary, false), open(tables.replica, true)]);
});

async function open(table: string, isReplica: boolean): Promise<DurableStore> {
  const store = await dynamoDbStore({ ...dynamodb, table, isReplica: () => isReplica, retentionMs: RETENTION_MS });
  if (!store.nodeState) throw new Error('it keeps no node state');
  return Object.assign(store, { nodeState: store.nodeState });
}

async function epochAt(store: DurableStore, time: number): Promise<number> {
  const clock = new TestClock();
  clock.time = time;
  return (await storedEpoch(store.nodeState, clock, 0, async () => {})).value;
}

describe('P3 the epochs of 0.1', () => {
  test('are known', async () => {
    expect(await primary.nodeState.epochs()).toEqual({ own: MADE_AT, highest: MADE_AT });
    expect(await replica.nodeState.epochs()).toEqual({ highest: MADE_AT });
    expect(await replica.highestEpoch()).toEqual({ epoch: MADE_AT });
  });

  test('go on for the rest of their day, also by a clock that is behind', async () => {
    for (const time of [MADE_AT - DAY_MS, MADE_AT + 5000]) expect(await epochAt(primary, time)).toBe(MADE_AT);
  });

  test('are followed by a higher one, also by a clock that is behind', async () => {
    expect(await epochAt(replica, MADE_AT - DAY_MS)).toBe(MADE_AT + 2);
    expect(await replica.nodeState.epochs()).toMatchObject({ own: MADE_AT + 2, highest: MADE_AT + 2 });
    expect(await epochAt(primary, MADE_AT + 2 * DAY_MS)).toBe(MADE_AT + 2 * DAY_MS);
  });

  test('are not begun once more, nor one below them', async () => {
    for (const epoch of [MADE_AT - 1, MADE_AT]) await replica.nodeState.claimEpoch(epoch);
    expect(await replica.nodeState.epochs()).toEqual({ highest: MADE_AT });
    expect(await replica.raiseEpoch(MADE_AT - 1)).toEqual({ epoch: MADE_AT });
    expect(await replica.raiseEpoch(MADE_AT + 7)).toEqual({ epoch: MADE_AT + 7 });
    expect(await replica.raiseEpoch(MADE_AT)).toEqual({ epoch: MADE_AT + 7 });
  });

  test('of a table that was restored from a backup are its own no more, and are known all the same', async () => {
    const restored = await open(await dynamodb.restoreTable(tables.primary), false);
    expect(await restored.nodeState.epochs()).toEqual({ highest: MADE_AT });
    expect(await restored.nodeState.note('replica-state')).toEqual({ revision: 0 });
    expect(await epochAt(restored, MADE_AT - DAY_MS)).toBe(MADE_AT + 2);
  });
});

test('P3 no stamp is given again: each key goes on above the stamp that it had', async () => {
  const { entries } = await primary.backlog({ limit: 100 });
  expect(entries).toHaveLength(OWED.length);
  for (const key of [...Object.keys(VALUES), ...DELETED]) {
    const before = (await primary.get(key))?.record;
    const epoch = await epochAt(primary, MADE_AT + 5000);
    const after = written(await primary.write(change(key, '1', { epoch, now: MADE_AT + 5000 }))).record;
    expect(before && compareStamps(after, before)).toBeGreaterThan(0);
  }
});

test('P4 what 0.1 knew of its replica is known, but for the comparison: the nodes are compared', async () => {
  expect(await savedReplicaState(primary.nodeState)).toMatchObject({
    contentsId: replica.id,
    lastContactAt: MADE_AT + 1000,
    error: 'replica unreachable',
    owesComparison: true,
  });
  expect(await savedLastContact(replica.nodeState, 0)).toEqual({ lastContactAt: MADE_AT + 1000 });
  expect(await primary.nodeState.keepNote('replica-state', JSON.stringify({ owesComparison: false }), 0)).toBe(true);
  const saved = await savedReplicaState(primary.nodeState);
  expect(saved).toMatchObject({ owesComparison: false });
  expect(saved).not.toHaveProperty('contentsId');
});

test('P1 values and deletions are there, on both nodes', async () => {
  for (const [key, value] of Object.entries(VALUES))
    expect((await primary.get(key))?.record.value).toBe(JSON.stringify(value));
  for (const key of DELETED) expect((await primary.get(key))?.record).not.toHaveProperty('value');
  expect((await replica.get('replicated'))?.record.value).toBe('"second"');
  const { heads } = await primary.list({ prefix: '', limit: 100, now: MADE_AT });
  expect(heads.map(({ key }) => key)).toEqual([...Object.keys(VALUES), 'expiring'].sort());
});

test('P4 the backlog is there, oldest write first, and can be shipped', async () => {
  const { entries } = await primary.backlog({ limit: 100 });
  expect(entries.map(({ record }) => record.key).sort()).toEqual(OWED);
  const times = entries.map(({ record }) => record.updatedAt);
  expect(times).toEqual(times.toSorted());
  for (const { record, replication } of entries) {
    expect(['pending', 'replication_failed']).toContain(replication?.status);
    expect(await replica.apply(record)).toBe('applied');
    await primary.settle(record, { at: MADE_AT + 9000, durationMs: 1, outcome: 'applied', by: replica.id });
    expect((await primary.get(record.key))?.replication?.status).toBe('replicated');
  }
  expect(await primary.backlogSize()).toEqual({ count: 0 });
});

test('a deletion that was acknowledged is still forgotten when its time comes, and one that is acknowledged now as well', async () => {
  const forgetAt = async (key: string) => {
    const command = new GetItemCommand({ TableName: tables.primary, Key: recordKey(key) });
    return Number((await dynamodb.client.send(command)).Item?.forgetAt?.N);
  };
  const expected = (MADE_AT + 1000 + RETENTION_MS + 60 * 60 * 1000) / 1000;
  expect(await forgetAt('deleted')).toBe(expected);
  const later = await primary.get('deleted later');
  if (!later) throw new Error('it is gone');
  await primary.settle(later.record, { at: MADE_AT + 9000, durationMs: 1, outcome: 'applied' });
  expect(await forgetAt('deleted later')).toBe(expected + 1);
});

test('reading changes nothing in the table', async () => {
  const items = async () => (await dynamodb.client.send(new ScanCommand({ TableName: tables.primary }))).Items;
  const before = await items();
  await primary.highestEpoch();
  await savedReplicaState(primary.nodeState);
  await primary.count(MADE_AT);
  expect(await items()).toEqual(before);
});
