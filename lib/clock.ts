// Time is passed in, so that tests and the simulation can make it up.
import { setTimeout as sleep } from 'node:timers/promises';

export interface Clock {
  /** Milliseconds since 1970. May jump: for times of day, which people and other nodes see. */
  now(): number;
  /** Milliseconds since some start; never goes back: for limits and durations. */
  elapsed(): number;
  /** Resolves after `ms` milliseconds. */
  sleep(ms: number): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  sleep: async (ms) => void (await sleep(ms)),
};
