// What a primary learns when its replica refuses a message, and whether it may send it again.
import { PeerError } from '../peer/peer.ts';
import type { PrimaryPair } from './pair.ts';

/**
 * The replica may have other contents now. Or a process of this primary has begun the next epoch. Or the replica was a
 * primary itself, in an epoch that is over: then this primary begins one above it, and what the replica wrote as a primary
 * is not here.
 * @returns whether the same may be asked again, of the present contents and in the present epoch
 */
export async function learnFromRefusal(
  { store, clock, currentEpoch, replicaState }: PrimaryPair,
  error: unknown,
): Promise<boolean> {
  if (!(error instanceof PeerError)) return false;
  const { contentsId, highestEpoch, begunBy } = error.failure;
  if (contentsId !== undefined) {
    replicaState.met(contentsId, clock.now());
    return true;
  }
  if (highestEpoch === undefined) return false;
  if (begunBy === store.id) {
    await currentEpoch.begun(highestEpoch);
    return currentEpoch.value >= highestEpoch;
  }
  if (begunBy === undefined || begunBy !== replicaState.facts.contentsId) return false;
  await currentEpoch.raiseAbove(highestEpoch);
  replicaState.requireComparison();
  return true;
}
