// How an in-memory primary that starts empty takes back what its replica holds: a comparison in which everything
// is newer there.
import type { Clock } from '../clock.ts';
import type { Store } from '../store/store.ts';
import { slices } from './batches.ts';
import { differences } from './compare.ts';
import { newContact } from './contact.ts';
import { pullRecords } from './mend.ts';
import { type Peer, PeerError } from './peer.ts';

/** So long nobody may answer before the primary serves with what it has, and merges the rest later. */
export const RECOVERY_PATIENCE_MS = 5000;
const RETRY_MS = 100;

export interface RecoveryParts {
  readonly store: Store;
  readonly peer: Peer;
  readonly clock: Clock;
  readonly retentionMs: number;
}

/**
 * @returns the id of the replica whose contents were taken over; `undefined` when nobody answered in time, or not all
 * of it fitted
 */
export async function recover(parts: RecoveryParts): Promise<string | undefined> {
  const { store, peer, clock, retentionMs } = parts;
  const contact = newContact();
  let patience = clock.elapsed() + RECOVERY_PATIENCE_MS;
  for (;;) {
    const counts = { pulled: 0, failed: 0 };
    try {
      const found = differences(
        { store, peer, clock, contact, retentionMs },
        { bucketsCompared: 0, bucketsDiffering: 0 },
      );
      for await (const { pull } of found) {
        for (const keys of slices(pull)) {
          await pullRecords(parts, keys, counts);
          patience = clock.elapsed() + RECOVERY_PATIENCE_MS;
        }
      }
      return counts.failed === 0 ? contact.id : undefined;
    } catch (error) {
      if (!(error instanceof PeerError)) throw error;
      if (clock.elapsed() >= patience) return undefined;
      await clock.sleep(RETRY_MS);
    }
  }
}
