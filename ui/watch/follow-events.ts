// Follows what a node tells of its replication: first what it still knows of before, then asks `GET /events` again and again, and each
// request waits for news. Where there is none to tell (404) it asks seldom; a process that has started anew is followed from its
// first event on.
import type { EventPage } from '../../lib/telemetry/events.ts';
import type { NodeName, Observation } from '../recording/observation.ts';
import { KEPT_MS } from '../recording/recording.ts';
import { createClockOffset } from './clock-offset.ts';

/** Events that one answer brings. */
const PAGE = 500;
/** How long a request waits for news, in seconds. */
export const WAIT_SECONDS = 15;
/** Between two requests, in milliseconds: what happens in between comes together. */
export const PAUSE_MS = 100;
/** After no answer, and after one that tells that there is nothing to tell. */
export const RETRY_MS = 1000;
export const SELDOM_MS = 30_000;

export interface Answer {
  readonly status: number;
  /** Absent unless the status is 200. */
  readonly page?: EventPage;
}

export interface FollowOptions {
  readonly node: NodeName;
  /** @throws when no answer comes */
  readonly ask: (path: string, waitSeconds: number) => Promise<Answer>;
  readonly observe: (observation: Observation) => void;
  readonly now: () => number;
  /** Ends early when the page is hidden or shown. */
  readonly sleep: (ms: number) => Promise<void>;
  /** Waits until the page is seen. */
  readonly untilSeen: () => Promise<void>;
  readonly isOver?: () => boolean;
}

/** Never ends, unless `isOver` says so. */
export async function followEvents({
  node,
  ask,
  observe,
  now,
  sleep,
  untilSeen,
  isOver = () => false,
}: FollowOptions): Promise<void> {
  const offset = createClockOffset();
  let process: string | undefined;
  let since: string | undefined;
  /** Whether what comes next is what happened before the page was opened. */
  let isPast = true;
  let isTelling: boolean | undefined;

  function telling(is: boolean): void {
    if (isTelling !== is) observe({ at: now(), what: 'telling', node, isTelling: is });
    isTelling = is;
  }

  function take(page: EventPage, asked: number): void {
    offset.learn(asked, now(), page.now);
    const isFirst = process === undefined;
    // What there was before the page was opened, and of another process, is not missing.
    if (page.missed !== null && page.missed > 0 && !isFirst)
      observe({ at: now(), what: 'gap', node, count: page.missed });
    if (page.missed === null && !isFirst) observe({ at: now(), what: 'gap', node, count: null });
    const oldest = now() - KEPT_MS;
    for (const event of page.events) {
      const at = event.at - offset.ms;
      // What the recording would not keep is not put into it.
      if (at >= oldest) observe({ at, what: 'event', node, process: page.process, event });
    }
    process = page.process;
    since = page.next;
    if (page.events.length < PAGE) isPast = false;
  }

  while (!isOver()) {
    await untilSeen();
    const asked = now();
    try {
      const wait = isPast ? 0 : WAIT_SECONDS;
      // After the first answer nothing is told twice: a node that does not take what it said before is asked from now on.
      const { status, page } = await ask(pathOf(since ?? (process === undefined ? undefined : 'now'), wait), wait);
      if (page) {
        telling(true);
        take(page, asked);
        // A full page: there is more.
        if (page.events.length < PAGE) await sleep(PAUSE_MS);
      } else {
        if (status === 404) telling(false);
        if (status === 410 || status === 400) since = undefined;
        await sleep(status === 404 ? SELDOM_MS : RETRY_MS);
      }
    } catch {
      // The watch says that the node does not answer.
      await sleep(RETRY_MS);
    }
  }
}

/** @param since absent: from the oldest event that the node still knows */
function pathOf(since: string | undefined, wait: number): string {
  const query = new URLSearchParams({ limit: String(PAGE), wait: String(wait), ...(since !== undefined && { since }) });
  return `/events?${query}`;
}
