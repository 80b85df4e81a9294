// The clock of a filmed page, which stands still while a picture is taken.
import { beforeEach, expect, test } from '@jest/globals';
import { createPageTime, type PageTime } from '../../../scripts/tour/page-time.ts';

const START = 1_000_000;
let now: number;
let pageTime: PageTime;
/** A picture every 300 ms, and 50 ms of the page between two of them. */
beforeEach(() => {
  pageTime = createPageTime(50, () => now);
  for (let frame = 0; frame < 10; frame++) {
    now = START + frame * 300;
    pageTime.tick(START + frame * 50);
  }
});

test('what happens later is later, and within the frame in which it happens', () => {
  const times = Array.from({ length: 3000 }, (_, i) => pageTime.of(START + i));
  for (const [i, time] of times.slice(1).entries()) expect(time).toBeGreaterThan(times[i] as number);
  expect(times[0]).toBe(START);
  expect(times[300]).toBe(START + 50);
  expect(times[299]).toBeLessThan(START + 50);
});

test('a time is the same, whenever it is asked for', () => {
  const before = pageTime.of(now + 10);
  now += 300;
  pageTime.tick(START + 500);
  expect(pageTime.of(now - 290)).toBe(before);
});

test('before the first picture both clocks are the same', () => {
  expect(pageTime.of(START - 5)).toBe(START - 5);
});

test('the times of an answer are moved, and nothing else of it', () => {
  const at = new Date(START + 300).toISOString();
  const answer = { now: START + 600, events: [{ at: START, seq: 1 }], checkedAt: at, oldestAgeMs: 600, count: 600 };
  expect(JSON.parse(pageTime.inAnswer(JSON.stringify(answer)))).toEqual({
    now: START + 100,
    events: [{ at: START, seq: 1 }],
    checkedAt: new Date(START + 50).toISOString(),
    oldestAgeMs: 100,
    count: 600,
  });
});
