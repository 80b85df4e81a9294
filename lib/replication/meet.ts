// How a primary meets its replica: a handshake, before anything is sent to contents that it has not met.
import { PeerError } from '../peer/peer.ts';
import type { Handshake } from '../peer/wire.ts';
import type { Pair, PrimaryPair } from './pair.ts';

/**
 * Asks the other node what it is.
 * @param limitMs time limit, in milliseconds
 * @throws PeerError, also when it is not a replica
 */
export async function askReplica({ peer, describe }: Pair, limitMs: number): Promise<Handshake> {
  const said = await peer.handshake(await describe(), limitMs);
  if (said.role !== 'replica') throw new PeerError(`wrong node: it is a ${said.role}, not a replica`);
  return said;
}

/**
 * Meets the replica.
 * @param limitMs time limit, in milliseconds
 * @returns what the replica says of itself
 * @throws PeerError, also when it is not a replica
 */
export async function meet(pair: PrimaryPair, limitMs: number): Promise<Handshake> {
  const said = await askReplica(pair, limitMs);
  await getToKnow(pair, said);
  return said;
}

/**
 * Learns what the replica says of itself. A primary that has started without it, with a clock that is behind, begins an
 * epoch above every one that this first replica has seen. Later on a higher epoch is that of a primary that took over. Where
 * another primary has begun the very same epoch, this one counts as replaced: two records may have one stamp, and `same`
 * would acknowledge the wrong one.
 */
export async function getToKnow({ replicaState, currentEpoch, clock }: PrimaryPair, said: Handshake): Promise<void> {
  const { hasStartedAlone, contentsId } = replicaState.facts;
  const isBehind = said.highestEpoch > currentEpoch.value;
  if (hasStartedAlone && contentsId === undefined && isBehind) await currentEpoch.raiseAbove(said.highestEpoch);
  replicaState.met(said.id, clock.now(), said.state === 'refilling');
}
