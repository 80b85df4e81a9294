// The ring of what happened lately: whoever follows it with the cursors that it gives is told each event once, and how many it
// has missed; it keeps no more than it may.
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { eventAnswer, eventQueryOf } from '../../../lib/http/event-page.ts';
import { MAX_PAGE_BYTES } from '../../../lib/limits.ts';
import { EventRing } from '../../../lib/telemetry/event-ring.ts';
import type { EventPage, ReplicationEvent } from '../../../lib/telemetry/events.ts';
import { eventOf } from '../../support/events.ts';

const PROCESS = '0'.repeat(36);
const clock = { now: () => 1 };

const written = (key: string): ReplicationEvent => ({ kind: 'written', key, epoch: 1, version: 1 });

function pageOf(ring: EventRing, query: Record<string, string>): EventPage {
  const asked = eventQueryOf(eventOf('GET', '/events', { query }), ring);
  return JSON.parse(eventAnswer(ring, asked, clock.now()).body as string);
}

const Step = fc.oneof(
  fc.record({ write: fc.string({ maxLength: 60 }) }),
  fc.record({ read: fc.integer({ min: 1, max: 5 }) }),
);

test('nothing is told twice, or left out unless the answer says so', () => {
  fc.assert(
    fc.property(
      fc.array(Step, { maxLength: 60 }),
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 300, max: 3000 }),
      (steps, most, mostBytes) => {
        const ring = new EventRing(clock, PROCESS, most, mostBytes);
        const keys: (string | undefined)[] = [undefined, undefined];
        let since: string | undefined;
        let next = 1;
        const read = (limit: number) => {
          const page = pageOf(ring, { limit: `${limit}`, ...(since !== undefined && { since }) });
          next += page.missed as number;
          for (const event of page.events) {
            expect(event.seq).toBe(next++);
            expect('key' in event ? event.key : undefined).toBe(keys[event.seq]);
          }
          since = page.next;
          return page.events.length;
        };
        for (const step of steps) {
          if ('read' in step) read(step.read);
          else {
            keys.push(step.write);
            ring.record(written(step.write));
          }
        }
        while (read(3) > 0);
        expect(next - 1).toBe(ring.last);
        expect(ring.last).toBe(keys.length - 1);
      },
    ),
  );
});

test('it keeps so many, and no more bytes than it may; but always the last one', () => {
  const ring = new EventRing(clock, PROCESS, 10, 5000);
  for (let i = 0; i < 30; i++) ring.record(written('k'));
  expect(ring.after(0, 100)).toMatchObject({ missed: 21, events: { length: 10 } });
  for (let i = 0; i < 5; i++) ring.record(written('k'.repeat(1000)));
  expect(ring.after(0, 100)).toMatchObject({ missed: 34, events: { length: 2 } });
  ring.record(written('k'.repeat(100_000)));
  expect(ring.after(0, 100)).toMatchObject({ missed: 36, events: [{ seq: 37 }] });
});

test('a page ends where it becomes too long, and the next one goes on there', () => {
  const ring = new EventRing(clock, PROCESS);
  const record = { key: '\u0000'.repeat(1024), epoch: 1, version: 1 };
  for (let i = 0; i < 100; i++) ring.record({ kind: 'received', records: Array(12).fill(record), count: 12 });
  const seen: number[] = [];
  for (let page = pageOf(ring, {}); page.events.length > 0; page = pageOf(ring, { since: page.next })) {
    expect(JSON.stringify(page).length).toBeLessThan(MAX_PAGE_BYTES + 1000);
    seen.push(...page.events.map(({ seq }) => seq));
  }
  expect(seen).toEqual(Array.from({ length: 101 }, (_, i) => i + 1));
});

test('a cursor of another process: all that is here, and nobody knows what was missed', () => {
  const ring = new EventRing(clock, PROCESS);
  const page = pageOf(ring, { since: `${'1'.repeat(36)}.7` });
  expect(page).toMatchObject({ missed: null, process: PROCESS, events: [{ kind: 'started', seq: 1 }] });
});
