// Waiting for a condition, never for a time.
import { setTimeout as sleep } from 'node:timers/promises';

/** When a condition is given up, in milliseconds: so late that no busy machine comes near it. */
export const LIMIT_MS = 240_000;

/** The pause between two looks, in milliseconds: a tenth of the time that was waited, within these. */
const PAUSE_MS = { least: 20, most: 100 };

/**
 * Resolves once `condition` is truthy, with its value. A network failure counts as "not yet".
 * @throws Error after `timeoutMs`, or whatever else `condition` throws
 */
export async function until<T>(condition: () => Promise<T> | T, timeoutMs = LIMIT_MS): Promise<T> {
  const began = performance.now();
  for (;;) {
    const value = await attempt(condition);
    if (value) return value;
    const waited = performance.now() - began;
    if (waited > timeoutMs) throw new Error(`Not so within ${timeoutMs} ms: ${condition}`);
    await sleep(Math.min(PAUSE_MS.most, Math.max(PAUSE_MS.least, waited / 10)));
  }
}

async function attempt<T>(condition: () => Promise<T> | T): Promise<T | undefined> {
  try {
    return await condition();
  } catch (error) {
    if ((error as Error).message === 'fetch failed') return undefined;
    throw error;
  }
}
