// Requests with `at_least` that wait: how many may at a time, how often they look, and what becomes of them.
import { describe, expect, test } from '@jest/globals';
import { type Freshness, keyAwaiter } from '../../../lib/http/freshness.ts';
import { MAX_WAITING } from '../../../lib/limits.ts';
import { memoryStore } from '../../../lib/store/memory/store.ts';
import type { Store } from '../../../lib/store/store.ts';
import { Waiting } from '../../../lib/waiting.ts';
import { PassingClock } from '../../support/passing-clock.ts';
import { recordOf } from '../../support/records.ts';

const KEY = 'k';
const NOT_YET = { code: 'not_yet_replicated' };
const FULL = { ...NOT_YET, message: expect.stringMatching(/wait here already/) };

/** Asks for the version after the present one. */
function ask(most = MAX_WAITING, looks: Partial<Store> = {}, pauses = { first: 1000, longest: 1000 }) {
  const clock = new PassingClock();
  const waiting = new Waiting(clock, most, pauses);
  const store = memoryStore(1e9, { onChanged: (key) => waiting.changed(key) });
  const { epoch } = recordOf(KEY, 1);
  const awaiter = keyAwaiter(Object.assign(Object.create(store), looks), clock, waiting);
  const wanted = (version: number, seconds: number): Freshness => ({
    atLeast: { epoch, version },
    waitMs: seconds * 1000,
  });
  const next = (seconds: number) => awaiter.atLeast(KEY, wanted(2, seconds));
  const present = (seconds: number) => awaiter.atLeast(KEY, wanted(1, seconds));
  return { clock, store, next, present };
}

const outcomeOf = (asked: Promise<unknown>) => asked.then(() => 'answered' as const).catch((error) => error);

describe('P8 requests that wait', () => {
  test('are bounded: one more is refused at once, unless its answer is here', async () => {
    const { clock, store, next, present } = ask(2);
    await store.apply(recordOf(KEY, 1));
    const [first, second] = [next(20), next(20)];
    await expect(next(20)).rejects.toMatchObject(FULL);
    await expect(present(20)).resolves.toMatchObject({ record: { version: 1 } });
    await expect(next(0)).rejects.toMatchObject({ ...NOT_YET, message: expect.stringMatching(/wait longer/) });
    await store.apply(recordOf(KEY, 2));
    expect(await clock.during(Promise.all([first, second]))).toHaveLength(2);
  });

  test('give their places back, however they end: answered, in vain, and by a failure', async () => {
    let fails = false;
    const { clock, store, next, present } = ask(1, {
      async get(key) {
        if (fails) throw new Error('the store does not answer');
        return store.get(key);
      },
    });
    const inVain = outcomeOf(next(1));
    await expect(next(1)).rejects.toMatchObject(FULL);
    expect(await clock.during(inVain)).toMatchObject(NOT_YET);

    const failing = outcomeOf(next(1));
    await clock.when(() => true);
    fails = true;
    expect(await clock.during(failing)).toMatchObject({ message: 'the store does not answer' });

    fails = false;
    const answered = outcomeOf(present(1));
    await store.apply(recordOf(KEY, 1));
    expect(await clock.during(answered)).toBe('answered');
    const last = outcomeOf(next(1));
    expect(await clock.during(last)).toMatchObject({ message: expect.stringMatching(/wait longer/) });
  });

  test('have 500 places in a process', () => {
    expect(MAX_WAITING).toBe(500);
  });
});

test.each([
  ['in memory', { first: 1000, longest: 1000 }, 25],
  ['over tables, where each look is a read', { first: 5, longest: 1000 }, 30],
])('a request that waits 20 s looks a bounded number of times: %s', async (_, pauses, most) => {
  let count = 0;
  const get = async () => {
    count++;
    return undefined;
  };
  const { clock, next } = ask(undefined, { get }, pauses);
  expect(await clock.during(outcomeOf(next(20)))).toMatchObject(NOT_YET);
  expect(count).toBeLessThanOrEqual(most);
});
