// The timeline of a key: what GET /status/{key} and the events tell, in three lanes, and nothing that they do not.
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ToldEvent } from '../../../../lib/telemetry/events.ts';
import type { KeyStatusTold } from '../../../../ui/keys/key-told.ts';
import { type Bar, scaleOf, timelineOf } from '../../../../ui/keys/timeline.ts';
import type { Observation } from '../../../../ui/recording/observation.ts';

const START = Date.parse('2026-11-22T07:00:00.000Z');
const after = (ms: number) => new Date(START + ms).toISOString();

const REPLICATED: KeyStatusTold = {
  key: 'foo',
  status: 'replicated',
  version: 2,
  epoch: 1,
  updatedAt: after(0),
  replicatedAt: after(5010),
  lagMs: 5010,
  attempts: [
    { at: after(0), outcome: 'failed', error: 'replica answered 500', durationMs: 3 },
    { at: after(5000), outcome: 'applied', durationMs: 10 },
  ],
};

const shown = (bars: readonly Bar[]) => bars.map(({ lane, kind, from, to }) => [lane, kind, from - START, to - START]);
const words = (bars: readonly Bar[]) => bars.map((bar) => bar.words);

test('a write that failed first and was copied then: each attempt with its outcome, and the wait between', () => {
  const bars = timelineOf({ status: REPLICATED, observations: [], now: START + 60_000 });
  expect(shown(bars)).toEqual([
    ['primary', 'write', 0, 0],
    ['primary', 'failed', 0, 3],
    ['primary', 'wait', 3, 5000],
    ['primary', 'applied', 5000, 5010],
    ['replica', 'copy', 5010, 5010],
  ]);
  expect(words(bars)).toEqual([
    'The write was stored on the primary, as version 2.',
    'Attempt 1: failed, replica answered 500, after 3 ms.',
    'It waited for 5.0 s before it was sent again.',
    'Attempt 2: applied, after 10 ms.',
    'The replica acknowledged it, 5.0 s after the write.',
  ]);
});

test('what still waits is drawn up to now, and when it is due', () => {
  const { replicatedAt: _, lagMs: __, ...others } = REPLICATED;
  const status: KeyStatusTold = {
    ...others,
    status: 'replication_failed',
    nextAttemptAt: after(30_000),
    attempts: [{ at: after(0), outcome: 'failed', error: 'replica timed out', durationMs: 1000 }],
  };
  const bars = timelineOf({ status, observations: [], now: START + 11_000 });
  expect(shown(bars).slice(2)).toEqual([
    ['primary', 'wait', 1000, 11_000],
    ['primary', 'due', 30_000, 30_000],
  ]);
  expect(words(bars).at(-1)).toBe('From 19 s on the next repair or write sends it again.');
  expect(bars.some(({ lane }) => lane === 'replica')).toBe(false);
});

test('the request of this page is the lane of the client; without one that lane is empty', () => {
  const client = { method: 'PUT', startedAt: START - 2, durationMs: 9, status: 202 };
  expect(timelineOf({ status: REPLICATED, client, observations: [], now: START })[0]).toMatchObject({
    lane: 'client',
    label: 'PUT 202',
    from: START - 2,
    to: START + 7,
  });
  const without = timelineOf({ status: REPLICATED, observations: [], now: START });
  expect(without.some(({ lane }) => lane === 'client')).toBe(false);
});

test('what the replica itself told of this version comes before what the primary noted of it', () => {
  const event = (version: number, seq: number): ToldEvent => ({
    kind: 'taken',
    seq,
    at: START,
    durationMs: 4,
    records: [{ key: 'foo', version, epoch: 1, outcome: 'applied' }],
    count: 1,
  });
  const told = (at: number, of: ToldEvent): Observation => ({ at, what: 'event', node: 'b', process: 'p', event: of });
  const observations = [told(START - 100, event(1, 1)), told(START + 5008, event(2, 2))];
  const bars = timelineOf({ status: REPLICATED, observations, now: START + 60_000 });
  expect(shown(bars).filter(([lane]) => lane === 'replica')).toEqual([['replica', 'copy', 5004, 5008]]);
});

test('the scale keeps the order of all times, from one edge to the other', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(10 ** 9), fc.nat(10 ** 6)), { minLength: 1, maxLength: 20 }), (spans) => {
      const bars = spans.map(([from, length]) => ({ from, to: from + length }) as Bar);
      const place = scaleOf(bars);
      const times = [...new Set(bars.flatMap(({ from, to }) => [from, to]))].sort((a, b) => a - b);
      const places = times.map(place);
      expect(places[0]).toBe(0);
      expect(places.at(-1)).toBe(times.length > 1 ? 1 : 0);
      for (const [i, each] of places.entries()) if (i > 0) expect(each).toBeGreaterThan(places[i - 1] ?? 1);
    }),
    { seed: 13, numRuns: 200 },
  );
});
