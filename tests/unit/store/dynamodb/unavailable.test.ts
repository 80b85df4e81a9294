// What the DynamoDB store does when DynamoDB does not answer, answers too late, or its answer is lost.
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { writerOf } from '../../../../lib/store/base.ts';
import { dynamoDbStore } from '../../../../lib/store/dynamodb/store.ts';
import type { Store } from '../../../../lib/store/store.ts';
import { change, copy, EPOCH, NOW } from '../../../contract/fixture.ts';
import { startDynamoDb, type TestDynamoDb } from '../../../support/dynamodb.ts';
import {
  type Disturbance,
  type DynamoDbProxy,
  type SeenRequest,
  startDynamoDbProxy,
} from '../../../support/dynamodb-proxy.ts';

const UNAVAILABLE = { code: 'store_unavailable' };
let dynamodb: TestDynamoDb;
let proxy: DynamoDbProxy;
let store: Store;
beforeAll(async () => {
  dynamodb = await startDynamoDb();
  proxy = await startDynamoDbProxy(dynamodb.endpoint, { givesItems: true });
  const table = await dynamodb.createTable();
  store = await dynamoDbStore({
    ...dynamodb,
    endpoint: proxy.endpoint,
    table,
    isReplica: () => false,
    retentionMs: 1000,
  });
});
afterAll(async () => {
  await proxy.stop();
  await dynamodb.stop();
});

afterEach(() => proxy.calm());

let keys = 0;
const newKey = () => `key-${keys++}`;
const versionOf = async (key: string) => (await store.get(key))?.record.version ?? 0;
/** What was asked for while `act` went on. */
async function requestsOf(act: () => Promise<unknown>): Promise<SeenRequest[]> {
  const before = proxy.requests.length;
  await act();
  return proxy.requests.slice(before);
}

test('many kept connections that have all died are noticed at the first: as when a process wakes up', async () => {
  const keys = Array.from({ length: 12 }, newKey);
  const all = (act: (key: string) => Promise<unknown>) => Promise.all(keys.map(act));
  await all((key) => store.write(change(key, '1')));
  proxy.sever();
  // One at a time: each try would get another one of the dead connections.
  expect(await versionOf(keys[0] as string)).toBe(1);
  proxy.sever();
  expect(await store.write(change(keys[0] as string, '2', { now: NOW + 1 }))).toMatchObject({
    outcome: 'written',
    created: false,
  });
  await all((key) => store.get(key));
  proxy.sever();
  expect(await all(versionOf)).toEqual([2, ...Array(11).fill(1)]);
});

describe('a write', () => {
  test.each<Disturbance & string>(['throttled', 'slowed_down'])(
    'that is %s is tried again, a few times',
    async (how) => {
      const key = newKey();
      proxy.disturb('UpdateItem', how, how, how);
      expect(await store.write(change(key, '1'))).toMatchObject({ outcome: 'written', created: true });
      proxy.disturb('UpdateItem', how, how, how, how);
      const requests = await requestsOf(() => expect(store.write(change(key, '2'))).rejects.toMatchObject(UNAVAILABLE));
      expect(requests.map(({ operation }) => operation)).toEqual(Array(4).fill('UpdateItem'));
      expect(await versionOf(key)).toBe(1);
    },
  );

  test('waits between its tries, and not always as long', async () => {
    const waits: number[] = [];
    const { setTimeout: real } = globalThis;
    const timers = jest.spyOn(globalThis, 'setTimeout').mockImplementation(((act: () => void, ms: number) => {
      if (isSetBy('cockatiel')) waits.push(ms);
      return real(act, ms);
    }) as typeof setTimeout);
    proxy.refuse('GetItem', 'ThrottlingException');
    const reads = Array.from({ length: 8 }, () => expect(store.get('k')).rejects.toMatchObject(UNAVAILABLE));
    const requests = await requestsOf(() => Promise.all(reads)).finally(() => timers.mockRestore());
    expect(requests).toHaveLength(8 * 4);
    expect(waits).toHaveLength(8 * 3);
    expect(new Set(waits).size).toBeGreaterThan(8);
    for (const wait of waits) expect(wait).toBeLessThanOrEqual(1000);
  });

  test.each<Disturbance & string>(['lost_reply', 'failed_after', 'truncated'])(
    'P1 whose answer is lost (%s) is recognised, and not done twice',
    async (how) => {
      const key = newKey();
      proxy.disturb('UpdateItem', how);
      const result = await store.write(change(key, '"a"'));
      expect(result).toMatchObject({
        outcome: 'written',
        created: true,
        entry: { record: copy(key, 1, { value: '"a"', writer: writerOf(store.id) }) },
      });
      expect((await store.get(key))?.record).toEqual((result as { entry: { record: unknown } }).entry.record);
      proxy.disturb('UpdateItem', how, how, how);
      expect(await store.write(change(key, '"b"'))).toMatchObject({ entry: { record: { version: 2, value: '"b"' } } });
      expect(await versionOf(key)).toBe(2);
    },
  );

  test.each<Disturbance & string>(['lost_request', 'failed', 'web_page'])(
    'that has not arrived (%s) is tried again',
    async (how) => {
      const key = newKey();
      proxy.disturb('UpdateItem', how, how);
      expect(await store.write(change(key, '1'))).toMatchObject({
        outcome: 'written',
        entry: { record: { version: 1 } },
      });
      expect(await versionOf(key)).toBe(1);
      proxy.disturb('UpdateItem', how);
      expect(await store.write(change(key, '2', { now: NOW + 9 }))).toMatchObject({
        entry: { record: { version: 2 } },
      });
      expect((await store.get(key))?.record).toMatchObject({ version: 2, value: '2' });
    },
  );

  test('P1 that arrives after it was tried again does nothing any more', async () => {
    const key = newKey();
    proxy.disturb('UpdateItem', 'late', 'late');
    expect(await store.write(change(key, '1'))).toMatchObject({ entry: { record: { version: 1 } } });
    await proxy.release();
    proxy.disturb('UpdateItem', 'late');
    expect(await store.write(change(key, '2', { now: NOW + 9 }))).toMatchObject({ entry: { record: { version: 2 } } });
    await store.write(change(key, '3', { now: NOW + 99 }));
    await proxy.release();
    expect((await store.get(key))?.record).toMatchObject({ version: 3, value: '3' });
  });

  test('P1 that may have been done and overwritten is not done once more', async () => {
    const key = newKey();
    await store.write(change(key, '"old"'));
    proxy.disturb('UpdateItem', () => store.write(change(key, '"other"', { now: NOW + 5 })));
    await expect(store.write(change(key, '"lost"', { now: NOW + 5 }))).rejects.toMatchObject(UNAVAILABLE);
    expect((await store.get(key))?.record).toMatchObject({ version: 3, value: '"other"' });
  });

  test('P1 is not called refused while it may yet be done', async () => {
    const key = newKey();
    await store.write(change(key, '1'));
    proxy.disturb('UpdateItem', 'late');
    const create = store.write(change(key, '2', { now: NOW + 5, condition: { ifNoneMatch: '*' } }));
    await expect(create).rejects.toMatchObject(UNAVAILABLE);
    await store.write(change(key));
    await proxy.release();
    expect((await store.get(key))?.record).toMatchObject({ version: 3, value: '2' });
  });

  test('on a condition that its lost try has made false is still recognised', async () => {
    const key = newKey();
    proxy.disturb('UpdateItem', 'lost_reply');
    const created = await store.write(change(key, '1', { condition: { ifNoneMatch: '*' } }));
    expect(created).toMatchObject({ outcome: 'written', created: true });
  });

  test('that is never answered is given up', async () => {
    const key = newKey();
    proxy.disturb('UpdateItem', ...Array<Disturbance>(20).fill('hung'));
    proxy.disturb('GetItem', ...Array<Disturbance>(20).fill('hung'));
    const requests = await requestsOf(() =>
      Promise.all([
        expect(store.write(change(key, '1'))).rejects.toMatchObject(UNAVAILABLE),
        expect(store.get(key)).rejects.toMatchObject(UNAVAILABLE),
      ]),
    );
    // Of each operation the first request, and those that fit into its 5 s when each is given 2.
    expect(requests.length).toBeLessThanOrEqual(6);
    proxy.calm();
    expect(await store.get(key)).toBeUndefined();
  });
});

describe('what may be asked twice', () => {
  const ALL: (Disturbance & string)[] = [
    'throttled',
    'failed',
    'failed_after',
    'lost_request',
    'lost_reply',
    'web_page',
    'truncated',
  ];

  test.each(ALL)('gives right results after requests that were %s', async (how) => {
    const key = newKey();
    proxy.disturb('PutItem', how, how, how);
    expect(['applied', 'same']).toContain(await store.apply(copy(key, 1, { epoch: EPOCH - 1 })));
    const { record } = (await write(key, '"mine"')).entry;
    const attempt = { at: NOW, durationMs: 5, outcome: 'failed', error: 'refused' } as const;
    proxy.disturb('UpdateItem', how, how, how);
    await store.settle(record, attempt, NOW + 500);
    proxy.disturb('GetItem', how, how, how);
    expect(await store.get(key)).toMatchObject({
      record: { version: 2, value: '"mine"' },
      replication: { status: 'replication_failed', attempts: [attempt] },
    });
    proxy.disturb('Query', how, how, how);
    expect((await store.list({ prefix: key, limit: 10, now: NOW })).heads).toMatchObject([{ key, version: 2 }]);
  });

  test('P3 a record that arrives late does not replace a newer one', async () => {
    const key = newKey();
    proxy.disturb('PutItem', 'late');
    expect(await store.apply(copy(key, 1))).toBe('applied');
    await store.apply(copy(key, 2));
    await proxy.release();
    expect(await versionOf(key)).toBe(2);
  });

  test('P2 an attempt that is stored late neither hides a newer write nor is stored twice', async () => {
    const key = newKey();
    const first = (await write(key, '1')).entry.record;
    const attempt = { at: NOW, durationMs: 5, outcome: 'applied' } as const;
    proxy.disturb('UpdateItem', 'late');
    await store.settle(first, attempt);
    await proxy.release();
    expect((await store.get(key))?.replication).toMatchObject({ status: 'replicated', attempts: [attempt] });
    proxy.disturb('UpdateItem', undefined, 'late');
    const second = (await write(key, '2')).entry.record;
    await store.settle(second, attempt);
    await write(key, '3');
    await proxy.release();
    expect((await store.get(key))?.replication).toMatchObject({ status: 'pending', attempts: [] });
  });

  async function write(key: string, value: string) {
    const result = await store.write(change(key, value));
    if (result.outcome !== 'written') throw new Error(result.outcome);
    return result;
  }
});

/** Whether the package that is nearest on the stack, the mock aside, is this one. */
function isSetBy(name: string): boolean {
  const packages = [...(new Error().stack ?? '').matchAll(/node_modules[\\/](?!jest-mock)([\w@-]+)/g)];
  return packages[0]?.[1] === name;
}
