// Reads of one's own write on any node: `?at_least=<etag>&wait=<seconds>`.
import type { Clock } from '../clock.ts';
import { divergentKey } from '../divergent.ts';
import { TandemError } from '../errors.ts';
import { compareStamps, type Stamp } from '../record.ts';
import type { Entry, Store } from '../store/store.ts';
import { stampOfTag } from './etag.ts';
import { type Event, numberOf } from './request.ts';
import { Wait } from './schemas.ts';

export interface Freshness {
  readonly atLeast: Stamp;
  readonly waitMs: number;
}

const FIRST_POLL_MS = 5;
const LONGEST_POLL_MS = 200;

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
 * @throws TandemError `not_yet_replicated` when it is not in time; `divergent` when the entry has not seen that version
 */
export async function awaitEntry(
  store: Store,
  clock: Clock,
  key: string,
  { atLeast, waitMs }: Freshness,
): Promise<Entry> {
  const end = clock.elapsed() + waitMs;
  for (let pause = FIRST_POLL_MS; ; pause = Math.min(2 * pause, LONGEST_POLL_MS)) {
    const entry = await store.get(key);
    if (entry && compareStamps(entry.record, atLeast) >= 0) {
      await refuseUnseen(store, entry, atLeast);
      return entry;
    }
    const left = end - clock.elapsed();
    if (left <= 0)
      throw new TandemError(
        'not_yet_replicated',
        'This node does not hold that version yet. Try again, or wait longer (wait=20 at most).',
      );
    await clock.sleep(Math.min(pause, left));
  }
}

/** Within one epoch a newer version has seen the older ones. @throws TandemError `divergent` */
async function refuseUnseen(store: Store, { record: { key, epoch } }: Entry, wanted: Stamp): Promise<void> {
  if (epoch === wanted.epoch || (await store.get(divergentKey({ ...wanted, key }))) === undefined) return;
  const detail =
    'A failover has superseded that version unseen: GET /divergent lists it, or somebody has acknowledged it.';
  throw new TandemError('divergent', detail);
}
