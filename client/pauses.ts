// How long a call pauses between its tries: a random time below a bound that doubles, so that many clients that failed at one moment
// do not come back at one moment ("full jitter": M. Brooker, Exponential Backoff and Jitter, 2015).
import type { RetryOptions } from './options.ts';

export class Pauses {
  readonly #longestMs: number;
  readonly #random: () => number;
  #boundMs: number;

  /** @param random from 0 to below 1 */
  constructor(retry: Pick<Required<RetryOptions>, 'firstPauseMs' | 'longestPauseMs'>, random: () => number) {
    this.#longestMs = retry.longestPauseMs;
    this.#boundMs = Math.min(retry.firstPauseMs, retry.longestPauseMs);
    this.#random = random;
  }

  /** @param mostMs what this pause is below, whatever the bound @returns milliseconds */
  next(mostMs = Number.POSITIVE_INFINITY): number {
    const pauseMs = this.#random() * Math.min(this.#boundMs, mostMs);
    this.#boundMs = Math.min(2 * this.#boundMs, this.#longestMs);
    return pauseMs;
  }
}

/** What an answer says in `Retry-After` (RFC 9110, 10.2.3), in milliseconds; 0 where it says nothing. */
export function retryAfterMs(headers: Headers, now = Date.now()): number {
  const text = headers.get('retry-after');
  if (text === null) return 0;
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isNaN(ms) ? 0 : Math.max(0, ms);
}
