// How an in-memory node that is the replica tells its primary so: when it starts, empty, and when it has stepped down. The
// primary fills it, or brings it in line, at once, instead of with its next write.
import type { Clock } from '../clock.ts';
import { HANDSHAKE_TIMEOUT_MS, type Peer, PeerError } from '../peer/peer.ts';
import type { Handshake } from '../peer/wire.ts';
import type { Store } from '../store/store.ts';
import { leads } from './meet.ts';

/** The pause after a handshake that failed, in milliseconds. */
const AGAIN_MS = 500;
/** The pause after one that the primary has answered, in milliseconds: by then it may have filled this replica. */
const ANSWERED_MS = 2000;
/** How often a replica that lacks nothing tells of itself: then the primary's next repair finds it. */
const MAX_TRIES = 10;
/** How long messages of any primary wait until the first handshake has ended, in milliseconds. */
const READY_MS = 1000;

export interface AnnounceOptions {
  readonly peer: Pick<Peer, 'handshake'>;
  readonly store: Store;
  readonly clock: Clock;
  /** What this node says of itself. */
  readonly describe: () => Promise<Handshake>;
  /** Learns what the other node answers. */
  readonly hear: (said: Handshake) => Promise<void>;
  /** Whether this node is the replica still. */
  readonly isReplica: () => boolean;
}

export interface Announcement {
  /**
   * Resolves when the primary has been asked once, or after a second. Until then this replica does not know whether a
   * primary that sends something was replaced.
   */
  readonly ready: Promise<void>;
  /** Resolves when a primary has been told, and this replica holds what it does; or is the replica no more. */
  readonly done: Promise<void>;
}

/** Shakes hands with the primary until it knows this replica, and has filled it. */
export function announce({ peer, store, clock, describe, hear, isReplica }: AnnounceOptions): Announcement {
  const asked = Promise.withResolvers<void>();

  /** @returns whether a primary has answered */
  async function shakeHands(): Promise<boolean> {
    try {
      const said = await peer.handshake(await describe(), HANDSHAKE_TIMEOUT_MS);
      // Only until a primary has sent something: by then the answer may be one of a process that is gone.
      await store.raiseEpoch(said.highestEpoch, undefined, 0);
      await hear(said);
      return leads(said);
    } catch (error) {
      if (!(error instanceof PeerError)) throw error;
      return false;
    }
  }

  async function untilComplete(): Promise<void> {
    let isKnown = false;
    let tries = 0;
    const isOver = async () => (isKnown || tries >= MAX_TRIES) && (await store.isComplete());
    while (isReplica() && !(await isOver())) {
      const isAnswered = await shakeHands();
      tries++;
      isKnown ||= isAnswered;
      asked.resolve();
      if (!(await isOver())) await clock.sleep(isAnswered ? ANSWERED_MS : AGAIN_MS);
    }
  }

  const done = untilComplete();
  done.catch(asked.reject);
  return { ready: Promise.race([asked.promise, clock.sleep(READY_MS)]), done };
}
