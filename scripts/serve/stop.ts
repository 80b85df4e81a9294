// Ends the process when it is told to: no new requests, those under way are answered. The store is closed as the process ends.
import type { RunnerLog } from './log.ts';

/** How long requests under way may take to end, in milliseconds: as long as a function may take for its answer. */
const STOP_LIMIT_MS = 30_000;

interface Stoppable {
  stop(limitMs: number): Promise<void>;
}

/** A second signal ends it at once. */
export function stopOnSignals(gateway: Stoppable, log: RunnerLog): void {
  let isStopping = false;
  const stop = async () => {
    if (isStopping) process.exit(1);
    isStopping = true;
    await gateway.stop(STOP_LIMIT_MS);
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
