// Ends the process when it is told to: no new requests, those under way are answered, then the store is closed.
import type { RunnerLog } from './log.ts';

/** How long requests under way may take to end, in milliseconds: as long as a function may take for its answer. */
export const STOP_LIMIT_MS = 30_000;
/** How long the node may then take to close its store, in milliseconds. */
const CLOSE_LIMIT_MS = 10_000;

interface Stoppable {
  stop(limitMs: number): Promise<void>;
}

/** A second signal ends it at once. @param close closes the store */
export function stopOnSignals(gateway: Stoppable, close: () => Promise<void>, log: RunnerLog): void {
  let isStopping = false;
  const stop = async () => {
    if (isStopping) process.exit(1);
    isStopping = true;
    await gateway.stop(STOP_LIMIT_MS);
    const late = setTimeout(() => {
      log.warn(`The store was not closed within ${CLOSE_LIMIT_MS} ms.`);
      process.exit(1);
    }, CLOSE_LIMIT_MS);
    await close();
    clearTimeout(late);
    process.exit();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      stop().catch((error) => {
        log.failed('the node did not stop as it should', {}, error);
        process.exit(1);
      });
    });
  }
}
