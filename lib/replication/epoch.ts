// The beginning of a primary's reign over its store.
import type { Clock } from '../clock.ts';
import type { Store } from '../store/store.ts';

/** Begins a new epoch: the time in milliseconds, or one more than the highest known, if the clock is behind it. */
export async function beginReign(store: Store, clock: Clock): Promise<number> {
  return store.raiseEpoch(Math.max(clock.now(), (await store.highestEpoch()) + 1));
}
