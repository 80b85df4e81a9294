// How an in-memory replica that starts tells its primary so. It starts empty: the primary refills it at once, instead of
// with its next write.
import type { Clock } from '../clock.ts';
import { HANDSHAKE_TIMEOUT_MS, type Peer, PeerError } from '../peer/peer.ts';
import type { Handshake } from '../peer/wire.ts';
import type { Store } from '../store/store.ts';

/** The pause after a handshake that failed, in milliseconds. */
const AGAIN_MS = 500;
/** The pause after one that the primary has answered, in milliseconds: by then it may have refilled this replica. */
const ANSWERED_MS = 2000;
/** How long messages of any primary wait until the first handshake has ended, in milliseconds. */
const READY_MS = 1000;

export interface AnnounceOptions {
  readonly peer: Pick<Peer, 'handshake'>;
  readonly store: Store;
  readonly clock: Clock;
  /** What this node says of itself. */
  readonly describe: () => Promise<Handshake>;
}

export interface Announcement {
  /**
   * Resolves when the primary has been asked once, or after a second. Until then this replica does not know whether a
   * primary that sends something was replaced.
   */
  readonly ready: Promise<void>;
  /** Resolves when this replica holds what its primary does. */
  readonly done: Promise<void>;
}

/** Shakes hands with the primary until it has refilled this replica. */
export function announce({ peer, store, clock, describe }: AnnounceOptions): Announcement {
  const asked = Promise.withResolvers<void>();

  /** @returns whether the primary has answered */
  async function shakeHands(): Promise<boolean> {
    try {
      const { role, highestEpoch } = await peer.handshake(await describe(), HANDSHAKE_TIMEOUT_MS);
      if (role !== 'primary') return false;
      // Only until a primary has sent something: by then the answer may be one of a process that is gone.
      if ((await store.highestEpoch()).epoch === 0) await store.raiseEpoch(highestEpoch);
      return true;
    } catch (error) {
      if (!(error instanceof PeerError)) throw error;
      return false;
    }
  }

  async function untilComplete(): Promise<void> {
    while (!(await store.isComplete())) {
      const isAnswered = await shakeHands();
      asked.resolve();
      await clock.sleep(isAnswered ? ANSWERED_MS : AGAIN_MS);
    }
  }

  const done = untilComplete();
  done.catch(asked.reject);
  return { ready: Promise.race([asked.promise, clock.sleep(READY_MS)]), done };
}
