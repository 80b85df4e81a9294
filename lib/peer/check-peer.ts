// Whether the other node answers now, and what it is: asked by a handshake, for a status that must be true.
import type { Clock } from '../clock.ts';
import { type Peer, PeerError } from './peer.ts';
import type { Handshake } from './wire.ts';

/** How long a check waits for an answer, in milliseconds. */
const CHECK_LIMIT_MS = 500;
/**
 * How long an answer counts, in milliseconds: whoever asks again within this time gets the same one. What a status says must
 * not be older than a second when it arrives, on a busy machine, too.
 */
const CHECK_AGE_MS = 700;

export interface PeerCheck {
  /** When the answer came, or the wait for it ended, in milliseconds. */
  readonly at: number;
  /** `false`: it refused or failed; `null`: no answer came in time. */
  readonly reachable: boolean | null;
  /** What it said. Absent: it gave no answer. */
  readonly answer?: Handshake;
  /** Why it gave no answer. */
  readonly error?: string;
}

/** Asks the other node. @param isDoubted a request has failed since it last answered: no earlier answer counts */
export type CheckPeer = (isDoubted?: boolean) => Promise<PeerCheck>;

/** @param own what this node says of itself */
export function peerChecker(peer: Peer, own: () => Promise<Handshake>, clock: Clock): CheckPeer {
  let last: PeerCheck | undefined;
  let underWay: Promise<PeerCheck> | undefined;

  async function ask(): Promise<Pick<PeerCheck, 'answer' | 'error' | 'reachable'>> {
    try {
      return { reachable: true, answer: await peer.handshake(await own()) };
    } catch (error) {
      if (!(error instanceof PeerError)) throw error;
      return { reachable: false, error: error.message };
    }
  }

  async function check(): Promise<PeerCheck> {
    const late = clock.sleep(CHECK_LIMIT_MS).then(() => ({ reachable: null, error: LATE }));
    const result = await Promise.race([ask(), late]);
    last = { at: clock.now(), ...result };
    return last;
  }

  return async (isDoubted = false) => {
    if (last?.answer && !isDoubted && clock.now() - last.at < CHECK_AGE_MS) return last;
    underWay ??= check().finally(() => {
      underWay = undefined;
    });
    return underWay;
  };
}

const LATE = `no answer within ${CHECK_LIMIT_MS} ms`;
