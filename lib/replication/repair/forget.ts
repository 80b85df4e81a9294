// Forgets records that have been deleted or expired for longer than the retention: first there, then here. Only an
// order to forget removes anything; absence never does.
import { MAX_BATCH_RECORDS } from '../../limits.ts';
import { headOf } from '../../store/head.ts';
import type { Deadline, PrimaryPair } from '../pair.ts';
import { keyStampOf } from '../serve-digests.ts';
import type { Shipping } from '../shipping/ship.ts';

/**
 * @returns records that both nodes have forgotten
 * @throws PeerError
 */
export async function forgetDead(
  { store, clock, retentionMs }: PrimaryPair,
  shipping: Shipping,
  limit: Deadline,
): Promise<number> {
  let forgotten = 0;
  const deadBefore = clock.now() - retentionMs;
  while (clock.elapsed() < limit.deadline) {
    const records = await store.dead({ before: deadBefore, limit: MAX_BATCH_RECORDS });
    if (records.length === 0) break;
    const stamps = records.map((record) => keyStampOf(headOf({ record })));
    await shipping.orderToForget(stamps, deadBefore);
    for (const record of records) await store.forget(record.key, record, deadBefore);
    forgotten += records.length;
  }
  return forgotten;
}
