// How much is done in one turn of the event loop, and in which order.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { Turn } from '../../../lib/store/turn.ts';

test('P8 does so much in a turn, by what it has cost, and the rest in later ones, those first who came first', async () => {
  const turn = new Turn(10);
  const done: number[] = [];
  const work = Array.from({ length: 7 }, (_, i) => turn.do(() => ({ result: done.push(i), cost: 4 })));
  const perTurn = [done.length];
  while (done.length < 7) {
    const before = done.length;
    await nextTurn();
    perTurn.push(done.length - before);
  }
  expect(done).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(perTurn.filter((count) => count > 0)).toEqual([3, 3, 1]);
  expect(await Promise.all(work)).toEqual([1, 2, 3, 4, 5, 6, 7]);
});

test('does what comes in a later turn at once: what was done before does not count', async () => {
  const turn = new Turn(1);
  await turn.do(() => ({ result: undefined, cost: 100 }));
  await nextTurn();
  await nextTurn();
  let isDone = false;
  void turn.do(() => {
    isDone = true;
    return { result: undefined, cost: 1 };
  });
  expect(isDone).toBe(true);
});

test('a failure is that of who asked, and holds up nobody', async () => {
  const turn = new Turn(1);
  const failing = turn.do(() => {
    throw new Error('full');
  });
  await expect(failing).rejects.toThrow('full');
  expect(await turn.do(() => ({ result: 'next', cost: 1 }))).toBe('next');
});
