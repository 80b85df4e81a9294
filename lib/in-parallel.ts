// Carries out many small requests, some at a time, so that neither waiting nor memory adds up.

/** Requests at a time: what one node's connections to its store carry without queueing. */
const AT_A_TIME = 25;

/** Applies `act` to every item, and resolves to the results in their order. The first failure rejects. */
export async function inParallel<T, R>(items: readonly T[], act: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let i = 0; i < items.length; i += AT_A_TIME) {
    results.push(...(await Promise.all(items.slice(i, i + AT_A_TIME).map(act))));
  }
  return results;
}
