// The clock. It is passed in, so that tests and the simulation can set it.
import { setTimeout as sleep } from 'node:timers/promises';

export interface Clock {
  /** The time of day in milliseconds since 1970, for what people and other nodes see. It may jump. */
  now(): number;
  /** Milliseconds since some start, for limits and durations. It never goes back. */
  elapsed(): number;
  /** Resolves after `ms` milliseconds. */
  sleep(ms: number): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  sleep: async (ms) => void (await sleep(ms)),
};
