// The epoch under which a primary writes. In memory it lasts as long as the process. Over a durable store it is one for
// all processes of the primary, and after a day the next one follows: what was forgotten under an epoch is never
// written again under the same, so no stamp returns (docs/durable-stores.md, "Forgetting").
import type { Clock } from '../clock.ts';
import { EPOCH_MS } from '../limits.ts';
import type { NodeState, Store } from '../store/store.ts';

export interface CurrentEpoch {
  /** In milliseconds. */
  readonly value: number;
  /**
   * Reads whether the store is in a later epoch by now, and begins the next one when it is time.
   * @param isSuspected read even if that was done a moment ago
   */
  refresh(isSuspected?: boolean): Promise<void>;
  /** Begins an epoch above `epoch`, unless this one is above it. */
  raiseAbove(epoch: number): Promise<void>;
}

/** How long after another process has begun the next epoch this one may notice, in milliseconds. */
const REFRESH_MS = 60_000;
/** Tries to begin an epoch: others may begin one at the same moment, and the highest stays. */
const CLAIM_TRIES = 10;

/** Begins a new epoch: the time in milliseconds, or one more than the highest known, if the clock is behind it. */
export async function beginEpoch(store: Store, clock: Clock): Promise<number> {
  return store.raiseEpoch(Math.max(clock.now(), (await store.highestEpoch()) + 1));
}

export function fixedEpoch(epoch: number): CurrentEpoch {
  return { value: epoch, refresh: async () => {}, raiseAbove: async () => {} };
}

/** Continues the epoch of the store's primary, or begins the first one, or one after having been a replica. */
export async function storedEpoch(nodeState: NodeState, clock: Clock): Promise<CurrentEpoch> {
  let value = 0;
  /** Every epoch up to this one is over. */
  let over = 0;
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;

  async function readOrBegin(): Promise<void> {
    for (let i = 0; i < CLAIM_TRIES; i++) {
      const { own, highest } = await nodeState.epochs();
      const now = clock.now();
      if (own !== undefined && own === highest && own > over && now - own < EPOCH_MS) {
        value = own;
        readAt = now;
        return;
      }
      await nodeState.claimEpoch(Math.max(now, highest + 1, over + 1));
    }
    throw new Error('Others begin one epoch after the other over this store.');
  }

  const current: CurrentEpoch = {
    get value() {
      return value;
    },
    async refresh(isSuspected = false) {
      if (!isSuspected && clock.now() - readAt < REFRESH_MS) return;
      reading ??= readOrBegin().finally(() => {
        reading = undefined;
      });
      await reading;
    },
    async raiseAbove(epoch) {
      over = Math.max(over, epoch);
      // The first refresh may join a read that started before the bound was raised; so try twice.
      for (let i = 0; i < 2 && value <= over; i++) await current.refresh(true);
    },
  };
  await current.refresh();
  return current;
}
