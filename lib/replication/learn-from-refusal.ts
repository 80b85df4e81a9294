// What a primary learns when its replica refuses a message, and whether it may send it again.
import { PeerError } from '../peer/peer.ts';
import type { PrimaryPair } from './pair.ts';

/**
 * The replica may have other contents now. Or a process of this primary has begun the next epoch. Or the replica was a
 * primary itself, in an epoch that is over, and what it wrote is not here; or this primary has started without it, with a
 * clock that is behind: then this primary begins an epoch above that one. Where it has begun the very epoch of another
 * primary alone, it counts as replaced: two records may have one stamp, and `same` would acknowledge the wrong one.
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
  const { contentsId: there, hasStartedAlone, hasLed } = replicaState.facts;
  const isOfReplica = begunBy !== undefined && begunBy === there;
  const mayRaise = hasStartedAlone && !hasLed && highestEpoch !== currentEpoch.value;
  if (!isOfReplica && !mayRaise) return false;
  await currentEpoch.raiseAbove(highestEpoch);
  replicaState.requireComparison();
  return true;
}
