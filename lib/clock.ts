// The clock. It is passed in, so that tests and the simulation can set it.
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';

export interface Clock {
  /** The time of day in milliseconds since 1970, for what people and other nodes see. It may jump ahead, never back. */
  now(): number;
  /** Milliseconds since some start, for limits and durations. It never goes back. */
  elapsed(): number;
  /** Resolves after `ms` milliseconds; 0: after one turn of the event loop, in which requests that were made leave. */
  sleep(ms: number): Promise<void>;
}

/**
 * A clock whose time of day never goes back: when the machine's clock is put back, it runs on from the latest time that
 * it has shown, at the speed of elapsed time, until the machine's clock is ahead again. So what has expired stays expired,
 * and what is to expire does. It knows nothing of other processes, and of those before it.
 */
export function forwardClock(machine: Clock): Clock {
  let latest = Number.NEGATIVE_INFINITY;
  let shownAt = 0;
  return {
    ...machine,
    now() {
      const elapsed = machine.elapsed();
      latest = Math.max(machine.now(), latest + elapsed - shownAt);
      shownAt = elapsed;
      return Math.floor(latest);
    },
  };
}

export const systemClock: Clock = forwardClock({
  now: () => Date.now(),
  elapsed: () => performance.now(),
  sleep: async (ms) => void (await (ms === 0 ? nextTurn() : sleep(ms))),
});
