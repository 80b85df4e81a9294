// Carries out many small requests, some at a time, so that neither waiting nor memory adds up.
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Requests at a time: what one node's connections to its store carry without queueing. */
const AT_A_TIME = 25;
/** Requests in one turn of the event loop, where a store in memory answers them at once. */
const IN_ONE_TURN = 1000;

/** Applies `act` to every item, and resolves to the results in their order. The first failure rejects. */
export async function inParallel<T, R>(items: readonly T[], act: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let i = 0; i < items.length; i += AT_A_TIME) {
    if (i > 0 && i % IN_ONE_TURN === 0) await nextTurn();
    results.push(...(await Promise.all(items.slice(i, i + AT_A_TIME).map(act))));
  }
  return results;
}
