// The clock and the dice of a client. Passed in: tests have others.
import { whenAborted } from './when-aborted.ts';

export interface Surroundings {
  /** From 0 to below 1. */
  random(): number;
  /** Milliseconds that pass evenly. */
  elapsed(): number;
  /** @throws the reason of `signal` once that is aborted */
  sleep(ms: number, signal: AbortSignal | undefined): Promise<void>;
}

export const SURROUNDINGS: Surroundings = {
  random: Math.random,
  elapsed: () => performance.now(),
  sleep(ms, signal) {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const timer = setTimeout(() => {
        stopListening?.();
        resolve();
      }, ms);
      const abort = (reason: unknown) => {
        clearTimeout(timer);
        reject(reason);
      };
      const stopListening = signal && whenAborted(signal, abort);
    });
  },
};
