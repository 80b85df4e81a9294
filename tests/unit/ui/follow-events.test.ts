// How the console follows what a node tells: in order, at a bounded pace, over restarts, and by its own clock.
import { describe, expect, test } from '@jest/globals';
import type { EventPage, ToldEvent } from '../../../lib/telemetry/events.ts';
import type { Observation } from '../../../ui/recording/observation.ts';
import { KEPT_MS } from '../../../ui/recording/recording.ts';
import { createClockOffset } from '../../../ui/watch/clock-offset.ts';
import { type Answer, followEvents, PAUSE_MS, RETRY_MS, SELDOM_MS } from '../../../ui/watch/follow-events.ts';
import { createValueReader, PAUSE_MS as READ_PAUSE_MS } from '../../../ui/watch/read-values.ts';

const event = (seq: number, at: number): ToldEvent => ({
  seq,
  at,
  kind: 'written',
  key: `k${seq}`,
  epoch: 1,
  version: 1,
});
const page = (more: Partial<EventPage>): EventPage => ({
  process: 'p1',
  events: [],
  next: 'n',
  missed: 0,
  now: 0,
  ...more,
});

/** Follows a node that gives these answers, one after the other. */
async function follow(answers: readonly (Answer | 'silence')[], began = 5000) {
  const asked: string[] = [];
  const seen: Observation[] = [];
  const slept: number[] = [];
  let now = began;
  await followEvents({
    node: 'a',
    async ask(path) {
      asked.push(path);
      now += 10;
      const answer = answers[asked.length - 1];
      if (answer === undefined || answer === 'silence') throw new Error('no answer');
      return answer;
    },
    observe: (observation) => seen.push(observation),
    now: () => now,
    async sleep(ms) {
      slept.push(ms);
      now += ms;
    },
    untilSeen: () => Promise.resolve(),
    isOver: () => asked.length >= answers.length,
  });
  return { asked, seen, slept };
}

const ok = (more: Partial<EventPage>): Answer => ({ status: 200, page: page(more) });

describe('following a node', () => {
  test('asks for what the node still knows, then for what comes next, and waits for it', async () => {
    const { asked, seen, slept } = await follow([
      ok({ next: 'n1' }),
      ok({ next: 'n2', events: [event(1, 5100)], now: 5120 }),
    ]);
    expect(asked).toEqual(['/events?limit=500&wait=0', '/events?limit=500&wait=15&since=n1']);
    expect(seen.map(({ what }) => what)).toEqual(['telling', 'event']);
    expect(slept).toEqual([PAUSE_MS, PAUSE_MS]);
  });

  test('tells of events that the ring has lost, and of a process that has started anew', async () => {
    const { seen } = await follow([
      ok({}),
      ok({ missed: 12 }),
      ok({ missed: null, process: 'p2', events: [event(1, 5000)] }),
    ]);
    expect(seen.filter(({ what }) => what === 'gap')).toMatchObject([{ count: 12 }, { count: null }]);
    expect(seen.at(-1)).toMatchObject({ what: 'event', process: 'p2' });
  });

  test('takes in what happened before, page by page, at the times at which it happened, and no more than is kept', async () => {
    const began = 2_000_000;
    const past = Array.from({ length: 500 }, (_, i) => event(i + 1, began - KEPT_MS - 250_000 + i * 1000));
    const { asked, seen } = await follow(
      [
        ok({ events: past, next: 'n1', missed: 7, now: began + 5 }),
        ok({ events: [event(501, began - 9000)], next: 'n2', now: began + 15 }),
        ok({ next: 'n3', now: began + 125 }),
      ],
      began,
    );
    expect(asked.map((path) => path.slice('/events?limit=500&'.length))).toEqual([
      'wait=0',
      'wait=0&since=n1',
      'wait=15&since=n2',
    ]);
    const events = seen.filter(({ what }) => what === 'event');
    expect(events.at(-1)?.at).toBe(began - 9000);
    expect(events.length).toBe(250);
    expect(events.every(({ at }) => at >= began - KEPT_MS)).toBe(true);
    // What the ring had lost before the page was opened is not missing.
    expect(seen.some(({ what }) => what === 'gap')).toBe(false);
  });

  test('tells nothing twice when the node does not take what it said before', async () => {
    const { asked } = await follow([ok({ next: 'n1' }), { status: 400 }, ok({})]);
    expect(asked[2]).toContain('since=now');
  });

  test('asks seldom where nothing is told, and says so once', async () => {
    const { seen, slept } = await follow([{ status: 404 }, { status: 404 }]);
    expect(seen).toMatchObject([{ what: 'telling', isTelling: false }]);
    expect(slept).toEqual([SELDOM_MS, SELDOM_MS]);
  });

  test('tries again after no answer, from where it was', async () => {
    const { asked, slept } = await follow([ok({ next: 'n1' }), 'silence', ok({})]);
    expect(asked[2]).toBe(asked[1]);
    expect(slept[1]).toBe(RETRY_MS);
  });

  test('moves times by how far the clock of the node is ahead', async () => {
    const { seen } = await follow([ok({ now: 65_005 }), ok({ events: [event(1, 65_100)], now: 65_130 })]);
    expect(seen.at(-1)?.at).toBeGreaterThan(5080);
    expect(seen.at(-1)?.at).toBeLessThan(5130);
  });
});

describe('the offset of a clock', () => {
  test('is none where none is possible: on one machine', () => {
    const offset = createClockOffset();
    offset.learn(1000, 1015, 1007);
    offset.learn(2000, 17_000, 16_999);
    expect(offset.ms).toBe(0);
  });

  test('is bounded by each answer, and begins anew when a clock was set', () => {
    const offset = createClockOffset();
    offset.learn(1000, 1100, 6000);
    expect(offset.ms).toBe(4900);
    offset.learn(2000, 2010, 6960);
    expect(offset.ms).toBe(4950);
    offset.learn(3000, 3010, 3005);
    expect(offset.ms).toBe(0);
  });
});

describe('reading values', () => {
  test('reads those of the last writes, one after the other, at a bounded pace', async () => {
    const read: string[] = [];
    const slept: number[] = [];
    const seen: Observation[] = [];
    let release: (() => void) | undefined;
    const take = createValueReader({
      async read(_node, key) {
        read.push(key);
        return { epoch: 1, version: 1, value: `"${'x'.repeat(100)}"` };
      },
      observe: (observation) => seen.push(observation),
      now: () => 1,
      sleep: (ms) => {
        slept.push(ms);
        return new Promise((resolve) => {
          release = resolve;
        });
      },
    });
    for (let seq = 1; seq <= 50; seq++)
      take({ at: seq, what: 'event', node: 'a', process: 'p', event: event(seq, seq) });
    for (let i = 0; i < 10; i++) {
      await new Promise((resolve) => setImmediate(resolve));
      release?.();
    }
    expect(read).toEqual(['k1', 'k50', 'k49', 'k48', 'k47']);
    expect(slept).toEqual([READ_PAUSE_MS, READ_PAUSE_MS, READ_PAUSE_MS, READ_PAUSE_MS, READ_PAUSE_MS]);
    expect(seen[0]).toMatchObject({ what: 'value', key: 'k1' });
    expect((seen[0] as { value: string }).value.length).toBe(60);
  });
});
