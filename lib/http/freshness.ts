// Reads of one's own write on any node: `?at_least=<etag>&wait=<seconds>`. How many requests wait at a time is bounded.
import type { Clock } from '../clock.ts';
import { divergentKey } from '../divergent.ts';
import { TandemError } from '../errors.ts';
import { MAX_WAIT_SECONDS, MAX_WAITING } from '../limits.ts';
import { compareStamps, type Stamp } from '../record.ts';
import type { Entry, Store } from '../store/store.ts';
import { stampOfTag } from './etag.ts';
import { type Event, numberOf } from './request.ts';
import { Wait } from './schemas.ts';

export interface Freshness {
  readonly atLeast: Stamp;
  readonly waitMs: number;
}

/** Pauses between two looks at the store, in milliseconds: the first one, and the longest. Over tables each look is a read. */
const FIRST_POLL_MS = 5;
const LONGEST_POLL_MS = 200;
const LONGEST_DURABLE_POLL_MS = 1000;

/** @throws TandemError `invalid_parameter` */
export function freshnessOf(event: Event): Freshness | undefined {
  const tag = event.queryStringParameters?.at_least;
  if (tag === undefined) return undefined;
  const atLeast = stampOfTag(tag.startsWith('"') ? tag : `"${tag}"`);
  if (!atLeast)
    throw new TandemError('invalid_parameter', 'at_least must be the ETag of a write, as it was given.', {
      parameter: 'at_least',
    });
  return { atLeast, waitMs: (numberOf(event, 'wait', Wait) ?? 0) * 1000 };
}

/**
 * Waits until the key's entry is at least as new as asked.
 * @throws TandemError `not_yet_replicated` when it is not in time, or not yet and too many requests wait here already;
 * `divergent` when the entry has not seen that version
 */
export type AwaitEntry = (key: string, freshness: Freshness) => Promise<Entry>;

/** @param most how many requests may wait at a time */
export function entryAwaiter(store: Store, clock: Clock, most = MAX_WAITING): AwaitEntry {
  const longestPoll = store.nodeState ? LONGEST_DURABLE_POLL_MS : LONGEST_POLL_MS;
  let waiting = 0;

  /** The entry, if it is new enough by now. */
  async function look(key: string, atLeast: Stamp): Promise<Entry | undefined> {
    const entry = await store.get(key);
    if (!entry || compareStamps(entry.record, atLeast) < 0) return undefined;
    await refuseUnseen(store, entry, atLeast);
    return entry;
  }

  async function wait(key: string, { atLeast, waitMs }: Freshness): Promise<Entry> {
    const end = clock.elapsed() + waitMs;
    for (let pause = FIRST_POLL_MS; ; pause = Math.min(2 * pause, longestPoll)) {
      const left = end - clock.elapsed();
      if (left <= 0) throw notYet(`Try again, or wait longer (wait=${MAX_WAIT_SECONDS} at most).`);
      await clock.sleep(Math.min(pause, left));
      const entry = await look(key, atLeast);
      if (entry) return entry;
    }
  }

  return async (key, freshness) => {
    const entry = await look(key, freshness.atLeast);
    if (entry) return entry;
    if (freshness.waitMs > 0 && waiting >= most) throw notYet(`${most} requests wait here already. Try again.`);
    waiting++;
    try {
      return await wait(key, freshness);
    } finally {
      waiting--;
    }
  };
}

function notYet(advice: string): TandemError {
  return new TandemError('not_yet_replicated', `This node does not hold that version yet. ${advice}`);
}

/** Within one epoch a newer version has seen the older ones. @throws TandemError `divergent` */
async function refuseUnseen(store: Store, { record: { key, epoch } }: Entry, wanted: Stamp): Promise<void> {
  if (epoch === wanted.epoch || (await store.get(divergentKey({ ...wanted, key }))) === undefined) return;
  const detail =
    'A failover has superseded that version unseen: GET /divergent lists it, or somebody has acknowledged it.';
  throw new TandemError('divergent', detail);
}
