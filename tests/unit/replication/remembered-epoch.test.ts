// A durable replica reads the highest epoch once a second, not for each batch.
import { expect, test } from '@jest/globals';
import { rememberedEpoch } from '../../../lib/replication/remembered-epoch.ts';
import { memoryStore } from '../../../lib/store/memory/store.ts';
import type { Store } from '../../../lib/store/store.ts';
import { durableStore } from '../../support/durable.ts';
import { START, TestClock } from '../../support/replication.ts';

/** Raises the epoch as a message of one primary does. @returns the highest epoch */
function raising(store: Store, clock: TestClock) {
  const raiseEpoch = rememberedEpoch(store, clock);
  return async (epoch: number) => (await raiseEpoch(epoch, 'p')).epoch;
}

function process() {
  const [store, clock] = [durableStore(), new TestClock()];
  let asked = 0;
  const counting = Object.assign(Object.create(store), {
    raiseEpoch: (epoch: number, by: string) => {
      asked++;
      return store.raiseEpoch(epoch, by);
    },
  });
  return { store, clock, raiseEpoch: raising(counting, clock), asked: () => asked };
}

test('the store is asked once a second for batches of one epoch', async () => {
  const { clock, raiseEpoch, asked } = process();
  for (let i = 0; i < 20; i++) {
    expect(await raiseEpoch(START)).toBe(START);
    clock.time += 100;
  }
  expect(asked()).toBe(2);
});

test('P3 a higher epoch is raised at once, and from then on a lower one is refused', async () => {
  const { store, raiseEpoch, asked } = process();
  await raiseEpoch(START);
  expect(await raiseEpoch(START + 5)).toBe(START + 5);
  expect(await store.highestEpoch()).toMatchObject({ epoch: START + 5 });
  expect(await raiseEpoch(START)).toBe(START + 5);
  expect(asked()).toBe(2);
});

test('P3 an epoch that came to another process is noticed within a second', async () => {
  const { store, clock, raiseEpoch } = process();
  await raiseEpoch(START);
  await store.raiseEpoch(START + 5);
  clock.time += 999;
  expect(await raiseEpoch(START)).toBe(START);
  clock.time += 1;
  expect(await raiseEpoch(START)).toBe(START + 5);
});

test('P3 what could not be stored is not remembered', async () => {
  const { store, clock } = process();
  let isBroken = true;
  const broken = Object.assign(Object.create(store), {
    raiseEpoch: (epoch: number) => (isBroken ? Promise.reject(new Error('no answer')) : store.raiseEpoch(epoch, 'p')),
  });
  const raiseEpoch = raising(broken, clock);
  await expect(raiseEpoch(START)).rejects.toThrow('no answer');
  isBroken = false;
  expect(await raiseEpoch(START)).toBe(START);
  expect(await store.highestEpoch()).toMatchObject({ epoch: START });
});

test('in memory it is always the store that is asked', async () => {
  const store = memoryStore(1e9);
  const raiseEpoch = raising(store, new TestClock());
  await raiseEpoch(START);
  await store.raiseEpoch(START + 5);
  expect(await raiseEpoch(START)).toBe(START + 5);
});

test('P3 an epoch that another primary has begun is told to be its', async () => {
  const [store, clock] = [durableStore(), new TestClock()];
  const raiseEpoch = rememberedEpoch(store, clock);
  await raiseEpoch(START, 'first');
  expect(await raiseEpoch(START, 'second')).toEqual({ epoch: START, by: 'first' });
});
