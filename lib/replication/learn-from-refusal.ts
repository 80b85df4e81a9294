// What a primary learns when the other node refuses a message, and whether it may send it again.
import { PeerError } from '../peer/peer.ts';
import { leads } from './meet.ts';
import type { PrimaryPair } from './pair.ts';

/**
 * The replica may have other contents now. Or a process of this primary has begun the next epoch. Or another primary took
 * over: then this one steps down. It does so, too, where another primary has begun the very same epoch: two records may have
 * one stamp, and `same` would acknowledge the wrong one.
 * @returns whether the same may be asked again, of the present contents and in the present epoch
 */
export async function learnFromRefusal(pair: PrimaryPair, error: unknown): Promise<boolean> {
  if (!(error instanceof PeerError)) return false;
  const { store, clock, currentEpoch, replicaState, lead } = pair;
  const { contentsId, highestEpoch, begunBy, said } = error.failure;
  if (contentsId !== undefined) {
    replicaState.met(contentsId, clock.now());
    return true;
  }
  if (said && leads(said) && said.highestEpoch > currentEpoch.value) await lead.lost(said.highestEpoch);
  if (highestEpoch === undefined) return false;
  if (begunBy === store.id) {
    await currentEpoch.begun(highestEpoch);
    return currentEpoch.value >= highestEpoch;
  }
  const isTwin = highestEpoch === currentEpoch.value && begunBy !== undefined;
  if (highestEpoch > currentEpoch.value || isTwin) await lead.lost(highestEpoch);
  return false;
}

/** Asks the replica; and once more, where it has refused for a reason that this node learns from. @throws PeerError */
export async function asking<Answer>(pair: PrimaryPair, ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    if (await learnFromRefusal(pair, error)) return ask();
    throw error;
  }
}
