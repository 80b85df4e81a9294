// A peer each of whose questions goes through one function: to check something before it is asked, or not to wait for the
// answer any more.
import type { Peer } from './peer.ts';

/** @param around asks the question, or throws in its place */
export function peerAround(peer: Peer, around: <Answer>(ask: () => Promise<Answer>) => Promise<Answer>): Peer {
  return {
    get bytes() {
      return peer.bytes;
    },
    handshake: (own, limitMs) => around(() => peer.handshake(own, limitMs)),
    replicate: (batch) => around(() => peer.replicate(batch)),
    digest: (question) => around(() => peer.digest(question)),
    stamps: (question) => around(() => peer.stamps(question)),
    records: (question) => around(() => peer.records(question)),
    page: (question) => around(() => peer.page(question)),
    owed: (question) => around(() => peer.owed(question)),
    switchover: (question) => around(() => peer.switchover(question)),
  };
}
