// How an in-memory primary that starts empty takes back what its replica holds: a comparison in which everything
// is newer there; and how it begins its reign.
import type { Clock } from '../clock.ts';
import type { Store } from '../store/store.ts';
import { slices } from './batches.ts';
import { differences } from './compare.ts';
import { newContact } from './contact.ts';
import { beginReign } from './epoch.ts';
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

export interface Recovery {
  /** The epoch of the reign that begins now. */
  readonly epoch: number;
  /** The id of the replica that holds just what the store holds now. Absent: it is not known that one does. */
  readonly recoveredFrom?: string;
}

/**
 * Takes back what the replica holds, and begins a reign. A primary before this one may still be writing: so the replica
 * is told of the new epoch, from when on it refuses the old one, before the last look at what it holds.
 */
export async function recover(parts: RecoveryParts): Promise<Recovery> {
  const { store, peer, clock } = parts;
  let patience = clock.elapsed() + RECOVERY_PATIENCE_MS;
  const onProgress = () => {
    patience = clock.elapsed() + RECOVERY_PATIENCE_MS;
  };
  for (;;) {
    try {
      await copy(parts, onProgress);
      const epoch = await beginReign(store, clock);
      await peer.replicate({ from: store.id, epoch, sentAt: clock.now(), records: [] });
      const recoveredFrom = await copy({ ...parts, epoch }, onProgress);
      return { epoch, ...(recoveredFrom !== undefined && { recoveredFrom }) };
    } catch (error) {
      if (!(error instanceof PeerError)) throw error;
      if (error.highestEpoch !== undefined) await store.raiseEpoch(error.highestEpoch);
      if (clock.elapsed() >= patience) return { epoch: await beginReign(store, clock) };
      await clock.sleep(RETRY_MS);
    }
  }
}

/** @returns the replica's id; `undefined` when the nodes are not equal now: it lacks something, or not all of it fitted */
async function copy(
  parts: RecoveryParts & { readonly epoch?: number },
  onProgress: () => void,
): Promise<string | undefined> {
  const contact = newContact();
  const counts = { pulled: 0, failed: 0 };
  let lacking = 0;
  const found = differences({ ...parts, contact }, { bucketsCompared: 0, bucketsDiffering: 0 });
  for await (const { push, pull, drop } of found) {
    lacking += push.length + drop.length;
    for (const keys of slices(pull)) {
      await pullRecords(parts, keys, counts);
      onProgress();
    }
  }
  return lacking + counts.failed === 0 ? contact.id : undefined;
}
