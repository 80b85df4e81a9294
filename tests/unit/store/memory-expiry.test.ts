// Keys that expire in an in-memory store.
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { memoryStore } from '../../../lib/store/memory/store.ts';
import { recordOf } from '../../support/records.ts';
import { START } from '../../support/replication.ts';

const KEYS = 20_500;
const LATER = START + 2000;

async function expiringStore() {
  const store = memoryStore(1e9);
  for (let i = 0; i < KEYS; i++) await store.apply({ ...recordOf(`k${i}`, 1), expiresAt: START + 1000 });
  await store.apply(recordOf('live', 1));
  return store;
}

/** How many turns of the event loop pass until it is done. */
async function turnsOf(work: Promise<unknown>): Promise<number> {
  let turns = 0;
  let next = setImmediate(function count() {
    turns++;
    next = setImmediate(count);
  });
  await work;
  clearImmediate(next);
  return turns;
}

test('P8 nobody waits until many keys that expire at once are taken out of the listing', async () => {
  const store = await expiringStore();
  expect(await store.count(START)).toMatchObject({ count: KEYS + 1 });
  const all = { prefix: '', limit: 10, now: LATER };
  const found = Promise.all([store.count(LATER), store.list(all), store.list({ ...all, prefix: 'k' })]);
  expect(await turnsOf(found)).toBeLessThan(10);
  expect(await found).toEqual([
    { count: 1, isAtLeast: false },
    { heads: [expect.objectContaining({ key: 'live' })] },
    { heads: [] },
  ]);
});

test('P8 they are taken out some at a time; and put back so, should the clock go back', async () => {
  const store = await expiringStore();
  await store.count(LATER);
  // It waits for what was under way, and for its own.
  const back = store.list({ prefix: 'k', limit: 1000, now: START });
  expect(await turnsOf(back)).toBeGreaterThanOrEqual(30);
  expect((await back).heads).toHaveLength(1000);
  expect(await store.count(START)).toMatchObject({ count: KEYS + 1 });
});

test('P8 a peer cannot change the count with a deletion that expires', async () => {
  const store = await expiringStore();
  const { value: _, ...deletion } = recordOf('k1', 2);
  await store.apply({ ...deletion, expiresAt: START + 1000 });
  expect(await store.count(START)).toMatchObject({ count: KEYS });
  expect(await store.count(LATER)).toMatchObject({ count: 1 });
});

test('what is listed and counted is that of the time asked for, in whichever order times are asked for at once', async () => {
  const times = [0, 10, 20, 30, 40];
  const orders = fc.shuffledSubarray([...times, ...times], { minLength: 3 });
  await fc.assert(
    fc.asyncProperty(fc.array(orders, { maxLength: 4 }), async (rounds) => {
      const store = memoryStore(1e9);
      for (const time of times) await store.apply(recordOf(`k${time}`, 1, { expiresAt: START + time + 5 }));
      for (const order of rounds) {
        const live = (now: number) => times.filter((time) => START + time + 5 > now).length;
        const found = order.map(async (time) => {
          const now = START + time;
          const { heads } = await store.list({ prefix: '', limit: 9, now });
          return [heads.length, (await store.count(now)).count];
        });
        expect(await Promise.all(found)).toEqual(order.map((time) => [live(START + time), live(START + time)]));
      }
    }),
  );
});
