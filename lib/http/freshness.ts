// Reads that wait: for one's own write on any node (`?at_least=<etag>&wait=<seconds>`), and for a key to change (`?wait=<seconds>`
// with `If-None-Match`). How many requests wait at a time is bounded.
import type { Clock } from '../clock.ts';
import { divergentKey } from '../divergent.ts';
import { TandemError } from '../errors.ts';
import { MAX_WAIT_SECONDS } from '../limits.ts';
import { compareStamps, isLive, type Stamp } from '../record.ts';
import { holds } from '../store/condition.ts';
import type { Condition, Entry, Store } from '../store/store.ts';
import type { Waiting } from '../waiting.ts';
import { preconditionsOf, stampOfTag } from './etag.ts';
import { type Event, waitMsOf } from './request.ts';

export interface Freshness {
  readonly atLeast: Stamp;
  readonly waitMs: number;
}

/** @throws TandemError `invalid_parameter` */
function freshnessOf(event: Event, maxWaitMs: number): Freshness | undefined {
  const tag = event.queryStringParameters?.at_least;
  if (tag === undefined) return undefined;
  const atLeast = stampOfTag(tag.startsWith('"') ? tag : `"${tag}"`);
  if (!atLeast)
    throw new TandemError('invalid_parameter', 'at_least must be the ETag of a write, as it was given.', {
      parameter: 'at_least',
    });
  return { atLeast, waitMs: waitMsOf(event, maxWaitMs) };
}

/**
 * @param maxWaitMs how long a request waits at most, in milliseconds
 * @returns finds the entry that a request asks for, once there is what it waits for
 */
export function keyReader(
  store: Store,
  clock: Clock,
  waiting: Waiting,
  maxWaitMs: number,
): (event: Event, key: string) => Promise<Entry | undefined> {
  const awaiter = keyAwaiter(store, clock, waiting);
  return async (event, key) => {
    const freshness = freshnessOf(event, maxWaitMs);
    if (freshness) return awaiter.atLeast(key, freshness);
    const ifNoneMatch = event.headers['if-none-match'];
    const known = ifNoneMatch === undefined ? undefined : preconditionsOf({ 'if-none-match': ifNoneMatch });
    const waitMs = waitMsOf(event, maxWaitMs);
    return known && waitMs > 0 ? awaiter.another(key, known, waitMs) : store.get(key);
  };
}

export interface KeyAwaiter {
  /**
   * Waits until the key's entry is at least as new as asked.
   * @throws TandemError `not_yet_replicated` when it is not in time, or not yet and too many requests wait here already;
   * `divergent` when the entry has not seen that version
   */
  atLeast(key: string, freshness: Freshness): Promise<Entry>;
  /**
   * Waits until a read of the key would not be answered 304 any more, or for some time. Where too many requests wait here
   * already, not at all.
   * @returns the entry as it is then
   */
  another(key: string, ifNoneMatch: Condition, waitMs: number): Promise<Entry | undefined>;
}

export function keyAwaiter(store: Store, clock: Clock, waiting: Waiting): KeyAwaiter {
  /** The entry, if it is new enough by now. */
  async function look(key: string, atLeast: Stamp): Promise<Entry | undefined> {
    const entry = await store.get(key);
    if (!entry || compareStamps(entry.record, atLeast) < 0) return undefined;
    await refuseUnseen(store, entry, atLeast);
    return entry;
  }

  return {
    async atLeast(key, { atLeast, waitMs }) {
      const entry = await look(key, atLeast);
      if (entry) return entry;
      if (waitMs === 0) throw notYet(WAIT_LONGER);
      if (waiting.isFull) throw notYet(`${waiting.most} requests wait here already. Try again.`);
      const found = await waiting.until(
        (changed) => changed === key,
        waitMs,
        () => look(key, atLeast),
      );
      if (!found) throw notYet(WAIT_LONGER);
      return found;
    },

    async another(key, ifNoneMatch, waitMs) {
      let entry: Entry | undefined;
      const isAnother = async () => {
        entry = await store.get(key);
        const live = entry && isLive(entry.record, clock.now()) ? entry.record : undefined;
        return live === undefined || holds(ifNoneMatch, live) || undefined;
      };
      await waiting.until((changed) => changed === key, waiting.isFull ? 0 : waitMs, isAnother);
      return entry;
    },
  };
}

const WAIT_LONGER = `Try again, or wait longer (wait=${MAX_WAIT_SECONDS} at most).`;

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
