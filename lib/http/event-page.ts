// Pages of what happened lately: the query of `GET /events`, the wait for what comes next, and the answer.
import type { Clock } from '../clock.ts';
import { TandemError } from '../errors.ts';
import { MAX_EVENT_WAITING, MAX_PAGE, MAX_PAGE_BYTES } from '../limits.ts';
import type { EventRing } from '../telemetry/event-ring.ts';
import type { EventPage } from '../telemetry/events.ts';
import type { Answer } from './answer.ts';
import { type Event, numberOf } from './request.ts';
import { PageLimit, Wait } from './schemas.ts';

/**
 * Pause between two looks at the ring, in milliseconds. A request that waits is answered when the first event is as old as
 * that: what belongs to one write goes in one answer, and a client that asks again and again does so 40 times a second at most.
 */
const GATHER_MS = 25;

export interface EventQuery {
  /** The number of the last event that is known; 0: none is. */
  readonly after: number;
  /** Whether `since` is of another process. */
  readonly isOfAnother: boolean;
  readonly limit: number;
  readonly waitMs: number;
}

/** @throws TandemError `invalid_parameter` */
export function eventQueryOf(event: Event, ring: EventRing): EventQuery {
  return {
    ...sinceOf(event.queryStringParameters?.since, ring),
    limit: numberOf(event, 'limit', PageLimit) ?? MAX_PAGE,
    waitMs: (numberOf(event, 'wait', Wait) ?? 0) * 1000,
  };
}

function sinceOf(since: string | undefined, ring: EventRing): Pick<EventQuery, 'after' | 'isOfAnother'> {
  if (since === undefined) return { after: 0, isOfAnother: false };
  if (since === 'now') return { after: ring.last, isOfAnother: false };
  const [, process, seq] = /^([0-9a-f-]{36})\.(\d{1,15})$/.exec(since) ?? [];
  if (process !== undefined && process !== ring.process) return { after: 0, isOfAnother: true };
  if (process !== undefined && Number(seq) <= ring.last) return { after: Number(seq), isOfAnother: false };
  throw new TandemError('invalid_parameter', 'since must be the next of an answer, unchanged, or now.', {
    parameter: 'since',
  });
}

/** Waits until there is an event to tell, as long as the query says; not at all where too many requests wait. */
export type AwaitEvents = (query: EventQuery) => Promise<void>;

/** @param most how many requests may wait at a time */
export function eventAwaiter(ring: EventRing, clock: Clock, most = MAX_EVENT_WAITING): AwaitEvents {
  let waiting = 0;

  async function wait({ after, limit, waitMs }: EventQuery): Promise<void> {
    const end = clock.elapsed() + waitMs;
    for (;;) {
      const left = end - clock.elapsed();
      const [first] = ring.after(after, 1).events;
      const isGathered = first !== undefined && clock.now() - first.at >= GATHER_MS;
      if (isGathered || left <= 0 || ring.last - after >= limit) return;
      await clock.sleep(Math.min(GATHER_MS, left));
    }
  }

  /** One in each turn of the event loop: all that wait wake at once, and each answer may be long. */
  let answered = Promise.resolve();

  return async (query) => {
    if (query.waitMs === 0 || waiting >= most) return;
    waiting++;
    try {
      await wait(query);
      answered = answered.then(() => clock.sleep(0));
      await answered;
    } finally {
      waiting--;
    }
  };
}

/** A page also ends where it becomes too long. @param now in milliseconds */
export function eventAnswer(ring: EventRing, { after, isOfAnother, limit }: EventQuery, now: number): Answer {
  const { events, missed } = ring.after(after, limit);
  const texts: string[] = [];
  let bytes = 0;
  for (const event of events) {
    const text = JSON.stringify(event);
    bytes += Buffer.byteLength(text) + 1;
    if (texts.length > 0 && bytes > MAX_PAGE_BYTES) break;
    texts.push(text);
  }
  const last = events[texts.length - 1]?.seq ?? after;
  const rest: Omit<EventPage, 'events'> = {
    process: ring.process,
    next: `${ring.process}.${last}`,
    missed: isOfAnother ? null : missed,
    now,
  };
  return { status: 200, body: `{"events":[${texts.join(',')}],${JSON.stringify(rest).slice(1)}` };
}
