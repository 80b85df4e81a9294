// Many processes that write one key at once, each with a clock of its own: all of them get through.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { dynamoDbStore } from '../../../../lib/store/dynamodb/store.ts';
import { change, written } from '../../../contract/fixture.ts';
import { startDynamoDb, type TestDynamoDb } from '../../../support/dynamodb.ts';

const WRITES = 30;
/** How far the clock of each process is off, in milliseconds. */
const CLOCKS = [0, 0, 0, 0, 0, 0, 0, 1, 20, -20, -500, -500];
const LIMIT_MS = 30_000;

let dynamodb: TestDynamoDb;
beforeAll(async () => {
  dynamodb = await startDynamoDb();
});
afterAll(() => dynamodb.stop());

test(
  'every write of a key that many write is done, once, and its time never goes back',
  async () => {
    const table = await dynamodb.createTable();
    const store = await dynamoDbStore({ ...dynamodb, table, isReplica: false, retentionMs: 1000 });
    const times: number[] = [];
    const failures: string[] = [];
    await Promise.all(
      CLOCKS.map(async (offset) => {
        for (let i = 0; i < WRITES; i++) {
          const write = store.write(change('hot', '1', { now: Date.now() + offset }));
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
    expect(Math.max(...inOrder)).toBeLessThan(Date.now() + 1000);
  },
  LIMIT_MS,
);
