// One item is on its way while the one before it is worked on.
import { expect, test } from '@jest/globals';
import { oneAhead } from '../../lib/one-ahead.ts';

async function* counting(made: number[], failAt = Number.POSITIVE_INFINITY): AsyncGenerator<number> {
  for (let i = 1; i <= 4; i++) {
    if (i === failAt) throw new Error(`no ${i}`);
    made.push(i);
    yield i;
  }
}

test('gives all items in order, and has made one more than are used', async () => {
  const made: number[] = [];
  const seen: Array<[item: number, made: number]> = [];
  for await (const item of oneAhead(counting(made))) {
    await new Promise((resolve) => setImmediate(resolve));
    seen.push([item, made.length]);
  }
  expect(seen).toEqual([
    [1, 2],
    [2, 3],
    [3, 4],
    [4, 4],
  ]);
});

test('a failure is thrown when it is its turn, after what came before it', async () => {
  const seen: number[] = [];
  const use = async () => {
    for await (const item of oneAhead(counting([], 3))) {
      await new Promise((resolve) => setImmediate(resolve));
      seen.push(item);
    }
  };
  await expect(use()).rejects.toThrow('no 3');
  expect(seen).toEqual([1, 2]);
});
