// The other node, as a primary asks it for as long as it leads: what is still under way when its node has become the replica
// must send nothing any more, and learn nothing.
import { type Peer, PeerError } from '../peer/peer.ts';
import { peerAround } from '../peer/peer-around.ts';

/** @param leads whether the primary that asks still does. Every method throws PeerError once it does not */
export function ledPeer(peer: Peer, leads: () => boolean): Peer {
  const check = () => {
    if (!leads()) throw new PeerError('this node is the replica now');
  };
  return peerAround(peer, async (ask) => {
    check();
    const answer = await ask();
    check();
    return answer;
  });
}
