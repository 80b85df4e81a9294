// A client writes a key once at a time, in the order of its calls: whatever they take, fail, and are aborted.
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Turns } from '../../client/turns.ts';

const KEYS = ['a', 'b', 'c'];

test('what is done of each key is in the order of the calls, one at a time, and keys do not wait for each other', async () => {
  const call = fc.record({
    keys: fc.subarray(KEYS),
    fails: fc.boolean(),
    aborts: fc.integer({ min: 0, max: 3 }).map((dice) => dice === 0),
  });
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.array(call, { maxLength: 8 }), async (scheduler, calls) => {
      const turns = new Turns();
      const busy = new Set<string>();
      const order = new Map(KEYS.map((key): [string, number[]] => [key, []]));
      const done = calls.map(({ keys, fails, aborts }, i) => {
        const controller = new AbortController();
        const job = async () => {
          for (const key of keys) {
            expect(busy.has(key)).toBe(false);
            busy.add(key);
            order.get(key)?.push(i);
          }
          await scheduler.schedule(Promise.resolve(), `${i}`);
          for (const key of keys) busy.delete(key);
          if (fails) throw new Error(`${i}`);
          return i;
        };
        const result = turns.take(keys, controller.signal, job);
        if (aborts) void scheduler.schedule(Promise.resolve(), `abort ${i}`).then(() => controller.abort('aborted'));
        return result.catch((error) => error);
      });
      await scheduler.waitFor(Promise.all(done));
      for (const [i, result] of (await Promise.all(done)).entries()) {
        const wasDone = calls[i]?.fails ? String(result) === `Error: ${i}` : result === i;
        expect(wasDone || (calls[i]?.aborts && result === 'aborted')).toBe(true);
      }
      for (const each of order.values()) expect(each).toEqual(each.toSorted((one, other) => one - other));
    }),
    { seed: 1, numRuns: 300 },
  );
});

test('what is aborted while it waits ends at once, and what comes after it waits on for what came before', async () => {
  const turns = new Turns();
  const { promise: first, resolve: end } = Promise.withResolvers<void>();
  const controller = new AbortController();
  const told: string[] = [];
  const one = turns.take(['k'], undefined, () => first);
  const two = turns.take(['k'], controller.signal, async () => told.push('two'));
  const three = turns.take(['k'], undefined, async () => told.push('three'));
  controller.abort(new Error('enough'));
  await expect(two).rejects.toThrow('enough');
  expect(told).toEqual([]);
  end();
  await Promise.all([one, three]);
  expect(told).toEqual(['three']);
});

test('a key that nobody writes waits for none', async () => {
  const turns = new Turns();
  void turns.take(['a'], undefined, () => new Promise(() => {}));
  expect(await turns.take(['b'], undefined, async () => 1)).toBe(1);
});
