// A table whose node changes its role: how the role is kept, and what it decides.
import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { StoredRecord } from '../../../../lib/record.ts';
import { storedEpoch } from '../../../../lib/replication/current-epoch.ts';
import type { Role } from '../../../../lib/role.ts';
import { writerOf } from '../../../../lib/store/base.ts';
import { dynamoDbStore } from '../../../../lib/store/dynamodb/store.ts';
import type { NodeState, RoleState, Store } from '../../../../lib/store/store.ts';
import { change, copy, EPOCH, NOW, written } from '../../../contract/fixture.ts';
import { startDynamoDb, type TestDynamoDb } from '../../../support/dynamodb.ts';
import { type Disturbance, type DynamoDbProxy, startDynamoDbProxy } from '../../../support/dynamodb-proxy.ts';
import { WHOLE } from '../../../support/property.ts';
import { TestClock } from '../../../support/replication.ts';
import { withoutHurry } from '../../../support/unhurried.ts';

withoutHurry();

let dynamodb: TestDynamoDb;
beforeAll(async () => {
  dynamodb = await startDynamoDb();
});
afterAll(() => dynamodb.stop());

let table: string;
let proxy: DynamoDbProxy;
let store: Store;
let role: Role;
beforeEach(async () => {
  table = await dynamodb.createTable();
  proxy = await startDynamoDbProxy(dynamodb.endpoint, { givesItems: true });
  store = await open(proxy.endpoint);
  role = 'primary';
});
afterEach(() => proxy.stop());

function open(endpoint = dynamodb.endpoint): Promise<Store> {
  const isReplica = () => role === 'replica';
  return dynamoDbStore({ ...dynamodb, endpoint, table: table, isReplica, retentionMs: 1000 });
}

test('P9 a former primary owes as a replica what it owed: it shows the states of its records, and its backlog', async () => {
  for (const key of ['waiting', 'overwritten']) await store.write(change(key, '1'));
  role = 'replica';
  expect(await store.apply(copy('overwritten', 2, { writer: writerOf(store.id) }))).toBe('applied');
  expect((await store.get('waiting'))?.replication?.status).toBe('pending');
  expect(await store.get('overwritten')).not.toHaveProperty('replication');
  const { heads } = await store.list({ prefix: '', limit: 10, now: NOW });
  expect(heads.map(({ key, status }) => [key, status])).toEqual([
    ['overwritten', undefined],
    ['waiting', 'pending'],
  ]);
  const { entries } = await store.backlog({ limit: 10 });
  expect(entries.map(({ record }) => record.key)).toEqual(['waiting']);
  expect(await store.backlogSize()).toEqual({ count: 1, oldest: NOW });
  // The present primary has taken it over, and ships it.
  const waiting = (await store.get('waiting'))?.record as StoredRecord;
  expect(await store.apply(waiting)).toBe('same');
  expect(await store.backlogSize()).toEqual({ count: 0 });
});

test('reads of a primary are consistent, those of a replica are not, but what it owes and lists is', async () => {
  const { record } = written(await store.write(change('k', '1')));
  await store.apply(copy('k', 1, { epoch: EPOCH + 1 }));
  const areConsistent = async (act: () => Promise<unknown>) => {
    const from = proxy.requests.length;
    await act();
    const reads = proxy.requests.slice(from).filter(({ operation }) => operation === 'GetItem');
    return reads.map(({ body }) => body.ConsistentRead);
  };
  for (const [now, isConsistent] of [
    ['primary', true],
    ['replica', false],
    ['primary', true],
  ] as const) {
    role = now;
    expect(await areConsistent(() => store.get('k'))).toEqual([isConsistent]);
    expect(await areConsistent(() => store.backlog({ limit: 9 }))).toEqual([true]);
    expect(await areConsistent(() => store.divergent({ limit: 9, key: record.key }))).toEqual([true]);
    expect(await areConsistent(() => store.roleState())).toEqual([true]);
  }
});

describe('a change of the role', () => {
  const PRIMARY = { role: 'primary', term: 1 } as const;
  const REPLICA = { role: 'replica', term: 1, grant: { to: 'other contents', epoch: EPOCH } } as const;

  test.each<Disturbance & string>(['lost_reply', 'failed_after', 'truncated'])(
    'P9 whose answer was lost is recognised (%s): a lead that was given away is not taken for kept',
    async (how) => {
      proxy.disturb('UpdateItem', how);
      expect(await store.setRoleState(REPLICA, 0)).toBe(true);
      expect(await store.roleState()).toEqual({ revision: 1, state: REPLICA });
    },
  );

  test.each<Disturbance & string>(['throttled', 'failed', 'lost_request', 'web_page'])(
    'that has not arrived is made again (%s)',
    async (how) => {
      proxy.disturb('UpdateItem', how, how);
      expect(await store.setRoleState(REPLICA, 0)).toBe(true);
      expect(await store.roleState()).toEqual({ revision: 1, state: REPLICA });
    },
  );

  test('that arrives late does nothing any more', async () => {
    proxy.disturb('UpdateItem', 'late');
    expect(await store.setRoleState(REPLICA, 0)).toBe(true);
    await store.setRoleState(PRIMARY, 1);
    await proxy.release();
    expect(await store.roleState()).toEqual({ revision: 2, state: PRIMARY });
  });

  test('is refused when another one was made in its place, although its answer was lost', async () => {
    const other = await open();
    proxy.disturb('UpdateItem', 'lost_request');
    proxy.disturb('GetItem', async () => {
      expect(await other.setRoleState(PRIMARY, 0)).toBe(true);
    });
    expect(await store.setRoleState(REPLICA, 0)).toBe(false);
    expect(await store.roleState()).toEqual({ revision: 1, state: PRIMARY });
  });

  test('is not called refused where it may have been made before another one', async () => {
    const other = await open();
    proxy.disturb('UpdateItem', async () => {
      expect(await other.setRoleState(PRIMARY, 1)).toBe(true);
    });
    await expect(store.setRoleState(REPLICA, 0)).rejects.toMatchObject({ code: 'store_unavailable' });
    expect(await store.roleState()).toEqual({ revision: 2, state: PRIMARY });
  });

  test('under any faults is made once if it is said to be, at most once if that is not known, else never', async () => {
    const how = fc.option(
      fc.constantFrom<Disturbance>('throttled', 'failed', 'failed_after', 'lost_request', 'lost_reply', 'late'),
      { nil: undefined, freq: 2 },
    );
    const disturbances = fc.array(how, { maxLength: 10 });
    let revision = 0;
    await fc.assert(
      fc.asyncProperty(disturbances, disturbances, fc.integer({ min: 1, max: 4 }), async (updates, reads, count) => {
        proxy.disturb('UpdateItem', ...updates);
        proxy.disturb('GetItem', ...reads);
        const from = proxy.requests.length;
        const ids = Array.from({ length: count }, (_, i) => `${revision} ${i}`);
        const states = ids.map((id): RoleState => ({ role: 'primary', term: 1, switching: { id, until: NOW } }));
        const kept = await Promise.all(
          states.map((state) => store.setRoleState(state, revision).catch(() => 'unavailable' as const)),
        );
        await proxy.release();
        proxy.calm();
        const done = proxy.requests
          .slice(from)
          .filter(({ operation, answer }) => operation === 'UpdateItem' && answer?.status === 200)
          .map(({ body }) => JSON.parse(body.ExpressionAttributeValues[':text'].S).switching.id);
        expect(done.length).toBeLessThanOrEqual(1);
        for (const [i, outcome] of kept.entries())
          if (outcome !== 'unavailable') expect([ids[i], outcome]).toEqual([ids[i], done.includes(ids[i])]);
        revision += done.length;
        expect(await store.roleState()).toMatchObject({ revision });
      }),
      { numRuns: 40, ...WHOLE },
    );
  });
});

test('a primary begins a new epoch within a minute when an operator has taken its own away', async () => {
  const { nodeState } = store;
  const clock = new TestClock();
  const currentEpoch = await storedEpoch(nodeState as NodeState, clock, 0, async () => {});
  const before = currentEpoch.value;
  const Key = { key: { S: 'epoch' }, kind: { S: 'node' } };
  await dynamodb.client.send(new UpdateItemCommand({ TableName: table, Key, UpdateExpression: 'REMOVE own' }));
  clock.time += 60_000;
  await currentEpoch.refresh();
  expect(currentEpoch.value).toBe(before + 60_000);
});
