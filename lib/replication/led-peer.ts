// The other node, as a primary asks it for as long as it leads: what is still under way when its node has become the replica
// must send nothing any more, and learn nothing.
import { type Peer, PeerError } from '../peer/peer.ts';

/** @param leads whether the primary that asks still does. Every method throws PeerError once it does not */
export function ledPeer(peer: Peer, leads: () => boolean): Peer {
  const check = () => {
    if (!leads()) throw new PeerError('this node is the replica now');
  };
  const leading = async <T>(ask: () => Promise<T>): Promise<T> => {
    check();
    const answer = await ask();
    check();
    return answer;
  };
  return {
    get bytes() {
      return peer.bytes;
    },
    handshake: (own, limitMs) => leading(() => peer.handshake(own, limitMs)),
    replicate: (batch) => leading(() => peer.replicate(batch)),
    digest: (question) => leading(() => peer.digest(question)),
    stamps: (question) => leading(() => peer.stamps(question)),
    records: (question) => leading(() => peer.records(question)),
    page: (question) => leading(() => peer.page(question)),
    owed: (question) => leading(() => peer.owed(question)),
    switchover: (question) => leading(() => peer.switchover(question)),
  };
}
