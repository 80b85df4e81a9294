// Forgets records that have been deleted or expired for longer than the retention: first there, then here. Only an
// order to forget removes anything; absence never does.
import type { Clock } from '../clock.ts';
import { MAX_BATCH_RECORDS } from '../limits.ts';
import { headOf } from '../store/head.ts';
import type { Store } from '../store/store.ts';
import { keyStampOf } from './contents.ts';
import type { Limit } from './mend.ts';
import type { Shipping } from './ship.ts';

export interface RetireParts {
  readonly store: Store;
  readonly shipping: Shipping;
  readonly clock: Clock;
  readonly retentionMs: number;
}

/**
 * @returns how many records both nodes have forgotten
 * @throws PeerError
 */
export async function retire({ store, shipping, clock, retentionMs }: RetireParts, limit: Limit): Promise<number> {
  let retired = 0;
  const horizon = clock.now() - retentionMs;
  while (clock.elapsed() < limit.deadline) {
    const records = await store.dead({ before: horizon, limit: MAX_BATCH_RECORDS });
    if (records.length === 0) break;
    await shipping.drop(
      records.map((record) => keyStampOf(headOf({ record }))),
      horizon,
    );
    for (const record of records) await store.drop(record.key, record, horizon);
    retired += records.length;
  }
  return retired;
}
