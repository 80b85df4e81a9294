// How a node meets the other one: a handshake, before anything is sent to contents that it has not met.
import { PeerError } from '../peer/peer.ts';
import type { Handshake } from '../peer/wire.ts';
import type { Pair, PrimaryPair } from './pair.ts';

/** Whether the other node leads, by what it says of itself. One that is recovering does not lead yet. */
export function leads({ role, state }: Handshake): boolean {
  return role === 'primary' && state !== 'recovering';
}

/**
 * A primary asks the other node what it is.
 * @param limitMs time limit, in milliseconds
 * @throws PeerError, also when it is not a replica; then it tells what the other node said
 */
export async function askReplica({ peer, describe }: Pair, limitMs: number): Promise<Handshake> {
  const said = await peer.handshake(await describe(), limitMs);
  if (said.role !== 'replica') throw new PeerError(`wrong node: it is a ${said.role}, not a replica`, { said });
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
 * Learns what the replica says of itself. A primary that leads since a moment, and whose clock is behind, begins an epoch
 * above every one that the first replica that it meets has seen. Later on a higher epoch is that of a primary that took over.
 */
export async function getToKnow({ replicaState, currentEpoch, clock }: PrimaryPair, said: Handshake): Promise<void> {
  const isFirst = replicaState.facts.contentsId === undefined;
  if (isFirst && said.highestEpoch > currentEpoch.value) await currentEpoch.raiseAbove(said.highestEpoch);
  replicaState.met(said.id, clock.now(), said.state === 'refilling');
}
