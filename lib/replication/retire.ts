// Forgets records that have been deleted or expired for longer than the retention: first there, then here. Only an
// order to forget removes anything; absence never does.
import type { Clock } from '../clock.ts';
import { MAX_BATCH_RECORDS } from '../limits.ts';
import type { Store } from '../store/store.ts';
import { stampOf } from './contents.ts';
import type { Shipping } from './ship.ts';

export interface RetireParts {
  readonly store: Store;
  readonly shipping: Shipping;
  readonly clock: Clock;
  readonly retentionMs: number;
}

/**
 * @param deadline in milliseconds of the clock
 * @returns how many records both nodes have forgotten
 * @throws PeerError
 */
export async function retire({ store, shipping, clock, retentionMs }: RetireParts, deadline: number): Promise<number> {
  let retired = 0;
  const horizon = clock.now() - retentionMs;
  while (clock.now() < deadline) {
    const records = await store.dead({ before: horizon, limit: MAX_BATCH_RECORDS });
    if (records.length === 0) break;
    await shipping.drop(records.map(stampOf), horizon);
    for (const record of records) await store.drop(record.key, record);
    retired += records.length;
  }
  return retired;
}
