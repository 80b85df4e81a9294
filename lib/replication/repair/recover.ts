// How an in-memory primary that starts empty takes back what its replica holds: a comparison in which everything
// is newer there; and how it begins its epoch.
import { PeerError } from '../../peer/peer.ts';
import { beginEpoch } from '../current-epoch.ts';
import type { Pair } from '../pair.ts';
import { slices } from '../shipping/batches.ts';
import { differences, topDigest } from './compare.ts';
import { pullRecords } from './reconcile.ts';

/**
 * How long recovery goes on without progress, in milliseconds; then the primary serves, and reconciles the rest later.
 */
export const RECOVERY_PATIENCE_MS = 5000;
const RETRY_MS = 100;

export interface Recovery {
  /** The epoch that begins now. */
  readonly epoch: number;
  /** The contents id of the replica that holds just what the store holds now. Absent: it is not known that one does. */
  readonly recoveredFrom?: string;
}

/**
 * Takes back what the replica holds, and begins an epoch. A primary before this one may still be writing. The replica is
 * therefore told of the new epoch, and refuses the old one, before the last comparison.
 */
export async function recover(pair: Pair): Promise<Recovery> {
  const { store, peer, clock } = pair;
  let patience = clock.elapsed() + RECOVERY_PATIENCE_MS;
  const onProgress = () => {
    patience = clock.elapsed() + RECOVERY_PATIENCE_MS;
  };
  for (;;) {
    try {
      await copy(pair, undefined, onProgress);
      const epoch = await beginEpoch(store, clock);
      await peer.replicate({ from: store.id, epoch, sentAt: clock.now(), records: [] });
      const recoveredFrom = await copy(pair, epoch, onProgress);
      return { epoch, ...(recoveredFrom !== undefined && { recoveredFrom }) };
    } catch (error) {
      if (!(error instanceof PeerError)) throw error;
      if (error.highestEpoch !== undefined) await store.raiseEpoch(error.highestEpoch);
      if (clock.elapsed() >= patience) return { epoch: await beginEpoch(store, clock) };
      await clock.sleep(RETRY_MS);
    }
  }
}

/** @returns the replica's contents id; `undefined` when the nodes are not equal now: it lacks something, or not all fitted */
async function copy(pair: Pair, epoch: number | undefined, onProgress: () => void): Promise<string | undefined> {
  const counts = { pulled: 0, failed: 0, bucketsCompared: 0, bucketsDiffering: 0 };
  const top = await topDigest(pair, epoch);
  if (epoch === undefined) await pair.store.raiseEpoch(top.highestEpoch);
  const scope = { from: 0, deadline: Number.POSITIVE_INFINITY, ...(epoch !== undefined && { epoch }) };
  const progressed = () => {
    onProgress();
    return false;
  };
  let missingThere = 0;
  for await (const found of differences(pair, top, scope, counts)) {
    missingThere += found.push.length + found.forget.length;
    for (const keys of slices(found.pull)) {
      // Each answer is progress, so that it never stops for its own sake.
      await pullRecords(pair, keys, counts, progressed, epoch);
    }
  }
  return missingThere + counts.failed === 0 ? top.id : undefined;
}
