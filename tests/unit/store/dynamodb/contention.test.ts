// Many processes that write one key at once, each with a clock of its own: all of them get through.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { dynamoDbStore } from '../../../../lib/store/dynamodb/store.ts';
import { change, NOW, written } from '../../../contract/fixture.ts';
import { startDynamoDb, type TestDynamoDb } from '../../../support/dynamodb.ts';
import { type DynamoDbProxy, startDynamoDbProxy } from '../../../support/dynamodb-proxy.ts';
import { withoutHurry } from '../../../support/unhurried.ts';

const WRITES = 30;
/** How far the clock of each process is off, in milliseconds. */
const CLOCKS = [0, 0, 0, 0, 0, 0, 0, 1, 20, -20, -500, -500];
/**
 * How long a request takes as the clocks have it, in milliseconds. They go by requests instead of real time, so that it
 * does not matter how fast the machine is.
 */
const REQUEST_MS = 5;

withoutHurry();

let dynamodb: TestDynamoDb;
let proxy: DynamoDbProxy;
beforeAll(async () => {
  dynamodb = await startDynamoDb();
  proxy = await startDynamoDbProxy(dynamodb.endpoint, { givesItems: true });
});
afterAll(async () => {
  await proxy.stop();
  await dynamodb.stop();
});

test('P1 every write of a key that many write is done, once, and its time never goes back', async () => {
  const options = { ...dynamodb, endpoint: proxy.endpoint, isReplica: () => false, retentionMs: 1000 };
  const store = await dynamoDbStore({ ...options, table: await dynamodb.createTable() });
  const clock = () => NOW + proxy.requests.length * REQUEST_MS;
  const times: number[] = [];
  const failures: string[] = [];
  await Promise.all(
    CLOCKS.map(async (offset) => {
      for (let i = 0; i < WRITES; i++) {
        const write = store.write(change('hot', '1', { now: clock() + offset }));
        try {
          const { record } = written(await write);
          times[record.version] = record.updatedAt;
        } catch (error) {
          failures.push((error as Error).message);
        }
      }
    }),
  );
  expect(failures).toEqual([]);
  const inOrder = times.slice(1);
  expect(Object.keys(inOrder)).toHaveLength(CLOCKS.length * WRITES);
  expect(inOrder).toEqual([...inOrder].sort((a, b) => a - b));
  // A second ahead at most.
  expect(Math.max(...inOrder)).toBeLessThan(clock() + 1000);
});
