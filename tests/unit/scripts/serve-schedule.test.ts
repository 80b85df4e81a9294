// The schedule of `npm run serve`: one run of a function at a time, and none that is cut off when the node stops.
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { keepSchedule } from '../../../scripts/serve/schedule.ts';

const MINUTE_MS = 60_000;
const LIMIT_MS = 30_000;

/** What ends each call, in order. */
let runs: PromiseWithResolvers<never>[];
let reported: unknown[][];

beforeEach(() => {
  jest.useFakeTimers();
  [runs, reported] = [[], []];
});
afterEach(() => {
  jest.useRealTimers();
});

function keep(...names: string[]) {
  const call = () => {
    const run = Promise.withResolvers<never>();
    runs.push(run);
    return run.promise;
  };
  return keepSchedule({ call }, names, (...outcome) => reported.push(outcome));
}

test('a run that lasts longer than a minute is not joined by another, and each outcome is reported', async () => {
  keep('repair');
  await jest.advanceTimersByTimeAsync(3 * MINUTE_MS);
  expect(runs).toHaveLength(1);
  runs[0]?.resolve(undefined as never);
  await jest.advanceTimersByTimeAsync(MINUTE_MS);
  expect(runs).toHaveLength(2);
  const error = new Error('failed');
  runs[1]?.reject(error);
  await jest.advanceTimersByTimeAsync(MINUTE_MS);
  expect([runs.length, reported]).toEqual([3, [['repair'], ['repair', error]]]);
});

test('stopping begins nothing new and waits for each run under way', async () => {
  const schedule = keep('a', 'b');
  await jest.advanceTimersByTimeAsync(MINUTE_MS);
  let hasStopped = false;
  const stopped = schedule.stop(LIMIT_MS).then(() => (hasStopped = true));
  runs[0]?.resolve(undefined as never);
  await jest.advanceTimersByTimeAsync(LIMIT_MS - 1);
  expect([hasStopped, reported]).toEqual([false, [['a']]]);
  runs[1]?.reject(new Error('failed'));
  await stopped;
  await jest.advanceTimersByTimeAsync(3 * MINUTE_MS);
  expect([runs.length, reported.length, jest.getTimerCount()]).toEqual([2, 2, 0]);
});

test('stopping without a run under way is at once, and a run that does not end is waited for no longer than the limit', async () => {
  await keep('a').stop(LIMIT_MS);
  const schedule = keep('a');
  await jest.advanceTimersByTimeAsync(MINUTE_MS);
  const stopped = schedule.stop(LIMIT_MS);
  await jest.advanceTimersByTimeAsync(LIMIT_MS);
  await stopped;
  expect([runs.length, reported]).toEqual([1, []]);
});
