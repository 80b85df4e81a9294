// The repair lock: of the processes of a durable primary one repairs at a time, so that a herd of them does not ship one
// backlog. It only saves work. Nothing that a node promises depends on it: a batch may always be sent twice.
import type { Clock } from '../../clock.ts';
import { TandemError } from '../../errors.ts';
import type { Peer } from '../../peer/peer.ts';
import { peerAround } from '../../peer/peer-around.ts';
import type { NodeState } from '../../store/store.ts';
import type { Shipping } from '../shipping/ship.ts';

/**
 * How long the lock lasts after it was taken or renewed, in milliseconds. That is before each request to the replica: the
 * longest takes 10 s, and what the store does about its answer takes up to 5 s.
 */
export const LOCK_MS = 15_000;
/** The pause before another try to take it, in milliseconds. */
const AGAIN_MS = 1000;
/**
 * How long a scheduled repair and `POST /repair` wait for the lock, in milliseconds: two seconds longer than it lasts, for
 * clocks that differ. A process that was killed has lost it by then, and one that still has it is repairing.
 */
export const LOCK_WAIT_MS = LOCK_MS + 2000;

export const ANOTHER_REPAIRS = 'another process is repairing';

/** Another process has taken the lock, since its time was over: this one must not go on. */
export class LockLost extends Error {
  override readonly name = 'LockLost';
}

export interface RepairLock {
  /**
   * Takes the lock, and waits for it if need be.
   * @param until elapsed time, in milliseconds. If that is over, the lock is not asked for within a second of a refusal
   */
  take(until: number): Promise<boolean>;
  /** Makes it last on. @throws LockLost */
  renew(): Promise<void>;
  release(): Promise<void>;
}

/** @param owner names this process, among all that there will ever be */
export function repairLock(nodeState: NodeState, clock: Clock, owner: string): RepairLock {
  /** A time of day: elapsed time stands still while a process sleeps. */
  let refusedAt = Number.NEGATIVE_INFINITY;

  async function tryToTake(): Promise<boolean> {
    const now = clock.now();
    const isTaken = await nodeState.takeRepairLock(owner, now, now + LOCK_MS);
    if (!isTaken) refusedAt = now;
    return isTaken;
  }

  return {
    async take(until) {
      if (clock.elapsed() >= until && clock.now() - refusedAt < AGAIN_MS) return false;
      while (!(await tryToTake())) {
        const left = until - clock.elapsed();
        if (left <= 0) return false;
        await clock.sleep(Math.min(left, AGAIN_MS));
      }
      return true;
    },

    async renew() {
      for (;;) {
        const until = clock.now() + LOCK_MS;
        if (!(await nodeState.renewRepairLock(owner, until))) break;
        // A process may sleep before it hears the answer: then another may have the lock by now.
        if (clock.now() < until) return;
      }
      refusedAt = clock.now();
      throw new LockLost(ANOTHER_REPAIRS);
    },

    async release() {
      try {
        await nodeState.releaseRepairLock(owner);
      } catch (error) {
        // The lock ends by itself, and what was repaired stays so.
        if (!(error instanceof TandemError)) throw error;
      }
    },
  };
}

/** A peer that is asked nothing by a repair that has lost its lock: it throws LockLost. */
export function lockedPeer(peer: Peer, lock: RepairLock): Peer {
  return peerAround(peer, async (ask) => {
    await lock.renew();
    return ask();
  });
}

/** Shipping that sends nothing for a repair that has lost its lock: it throws LockLost. */
export function lockedShipping(shipping: Shipping, lock: RepairLock): Shipping {
  return {
    ...shipping,
    async ship(shipments, force) {
      await lock.renew();
      return shipping.ship(shipments, force);
    },
  };
}
