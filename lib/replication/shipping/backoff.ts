// When a record that failed is due again: capped exponential backoff with full jitter, as in Brooker, "Exponential
// Backoff And Jitter" (AWS Architecture Blog, 2015).

const BASE_MS = 1000;
/** Below the minute between two scheduled repairs, which ship everything anyway. */
export const MAX_BACKOFF_MS = 55_000;

/**
 * @param failures how often the record has failed, this time included
 * @param random a number from 0 to below 1
 * @returns milliseconds to wait
 */
export function backoffMs(failures: number, random: () => number): number {
  return Math.floor(random() * Math.min(MAX_BACKOFF_MS, BASE_MS * 2 ** failures));
}
