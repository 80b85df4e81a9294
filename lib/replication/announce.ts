// How an in-memory replica that starts tells its primary so. It starts empty: the primary refills it at once, instead of
// with its next write.
import type { Clock } from '../clock.ts';
import { type Peer, PeerError } from '../peer/peer.ts';
import type { Handshake } from '../peer/wire.ts';

/** The pause between two tries, in milliseconds. */
const AGAIN_MS = 500;

/**
 * Shakes hands until the primary has answered, or has sent something by itself.
 * @param own what this node says of itself
 * @param isKnown whether the primary has sent something
 */
export async function announce(
  peer: Pick<Peer, 'handshake'>,
  own: Handshake,
  isKnown: () => boolean,
  clock: Clock,
): Promise<void> {
  while (!isKnown()) {
    try {
      await peer.handshake(own);
      return;
    } catch (error) {
      if (!(error instanceof PeerError)) throw error;
    }
    await clock.sleep(AGAIN_MS);
  }
}
