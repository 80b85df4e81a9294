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
  pair.replicaState.met(said.id, pair.clock.now(), said.state === 'refilling');
  return said;
}
