// Ends the process when it is told to: nothing new is begun, what is under way comes to its end. The store is closed as the process ends.
import type { RunnerLog } from './log.ts';

/** How long what is under way may take to end, in milliseconds: as long as a function may take for its answer. */
const STOP_LIMIT_MS = 30_000;

export interface Stoppable {
  /** Begins nothing new. Resolves once what is under way has ended, or after `limitMs` milliseconds. */
  stop(limitMs: number): Promise<void>;
}

/** A second signal ends it at once. @param parts may be added to later */
export function stopOnSignals(parts: readonly Stoppable[], log: RunnerLog): void {
  let isStopping = false;
  const stop = async () => {
    if (isStopping) process.exit(1);
    isStopping = true;
    await Promise.all(parts.map((part) => part.stop(STOP_LIMIT_MS)));
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
