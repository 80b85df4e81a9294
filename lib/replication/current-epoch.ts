// The epoch under which a primary writes. The next one follows after a time: what was forgotten of an epoch is never
// written again under the same, so no stamp returns (docs/protocol.md, "Forgetting").
import type { Clock } from '../clock.ts';
import { EPOCH_MS } from '../limits.ts';
import type { Role } from '../role.ts';
import type { NodeState, Store } from '../store/store.ts';

export interface CurrentEpoch {
  /** In milliseconds. */
  readonly value: number;
  /**
   * Over a durable store: reads whether another process has begun the next one, and begins it when it is time.
   * @param isSuspected read even if that was done a moment ago
   */
  refresh(isSuspected?: boolean): Promise<void>;
  /** In memory: the epoch to begin with the next message, in milliseconds, if it is time and the replica agrees. */
  next(): Promise<number | undefined>;
  /** The replica has seen this epoch of this primary: it is the current one from now on. */
  begun(epoch: number): Promise<void>;
  /** Begins an epoch above `epoch`, unless this one is above it. */
  raiseAbove(epoch: number): Promise<void>;
}

/** How long after another process has begun the next epoch this one may notice, in milliseconds. */
const REFRESH_MS = 60_000;
/** Tries to begin an epoch: others may begin one at the same moment, and the highest stays. */
const CLAIM_TRIES = 10;

/** Whether a node draws even epochs (0) or odd ones (1). */
export type Parity = 0 | 1;

/** Of the node that begins in this role. */
export function parityOf(beginsAs: Role): Parity {
  return beginsAs === 'primary' ? 0 : 1;
}

/**
 * Begins a new epoch: the time in milliseconds, or more where an epoch that high is known. Epochs of the node that begins
 * as the primary are even, those of the other one odd. So two nodes never begin the same one.
 * @param above the epoch is above this one
 */
export async function beginEpoch(store: Store, clock: Clock, parity: Parity, above = 0): Promise<number> {
  for (;;) {
    const { epoch: known } = await store.highestEpoch();
    const epoch = epochAfter(Math.max(known, above), clock.now(), parity);
    const seen = await store.raiseEpoch(epoch, store.id);
    if (seen.epoch === epoch && seen.by === store.id) return epoch;
  }
}

/**
 * The epoch that begins next: the time, or above every one that is known.
 * @param known the highest epoch that is known
 * @param now time of day in milliseconds
 */
export function epochAfter(known: number, now: number, parity: Parity): number {
  const from = Math.max(now, known + 1);
  return from % 2 === parity ? from : from + 1;
}

/**
 * The epochs of a primary in memory. Only a message that the replica accepts begins the next one: a primary that was
 * replaced, and does not know it yet, must not begin one above that of its successor.
 * @param first the one that it has begun when it started
 * @param lastsMs how long each lasts at least, in milliseconds
 * @param onBegun called when the next one has begun
 */
export function processEpoch(
  store: Store,
  clock: Clock,
  first: number,
  parity: Parity,
  lastsMs: number,
  onBegun: () => void = () => {},
): CurrentEpoch {
  let value = first;
  let begunAt = clock.elapsed();
  let raising: Promise<void> | undefined;

  async function raise(epoch: number): Promise<void> {
    await begun(await beginEpoch(store, clock, parity, epoch));
  }

  async function begun(epoch: number): Promise<void> {
    if (epoch <= value) return;
    value = epoch;
    begunAt = clock.elapsed();
    await store.raiseEpoch(epoch, store.id);
    onBegun();
  }

  return {
    get value() {
      return value;
    },
    refresh: async () => void (await raising),
    async next() {
      if (clock.elapsed() - begunAt < lastsMs) return undefined;
      const { epoch: known } = await store.highestEpoch();
      return epochAfter(known, clock.now(), parity);
    },
    begun,
    async raiseAbove(epoch) {
      while (value <= epoch) {
        raising ??= raise(epoch).finally(() => {
          raising = undefined;
        });
        await raising;
      }
    },
  };
}

/**
 * Continues the epoch of the store's primary, or begins the first one, or one after having been a replica.
 * @param checkLead throws where this node does not lead: then it begins none
 * @param onBegun called with each one, the first included
 */
export async function storedEpoch(
  nodeState: NodeState,
  clock: Clock,
  parity: Parity,
  checkLead: () => Promise<void>,
  onBegun: (epoch: number) => void = () => {},
): Promise<CurrentEpoch> {
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
        const isNews = own !== value;
        value = own;
        readAt = now;
        if (isNews) onBegun(own);
        return;
      }
      await checkLead();
      await nodeState.claimEpoch(epochAfter(Math.max(highest, over), now, parity), highest);
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
    next: async () => undefined,
    begun: () => current.refresh(true),
    async raiseAbove(epoch) {
      over = Math.max(over, epoch);
      // The first refresh may join a read that started before the bound was raised; so try twice.
      for (let i = 0; i < 2 && value <= over; i++) await current.refresh(true);
    },
  };
  await current.refresh();
  return current;
}
