// The schedule of serverless.yml, kept with a timer.
import type { Functions } from './functions.ts';

const MINUTE_MS = 60_000;

/** Calls each function once a minute; while a run lasts it is not called again. @param report is told the outcome of each run */
export function keepSchedule(
  functions: Functions,
  names: readonly string[],
  report: (name: string, error?: unknown) => void,
  everyMs = MINUTE_MS,
): void {
  for (const name of names) {
    let isRunning = false;
    setInterval(async () => {
      if (isRunning) return;
      isRunning = true;
      await functions.call(name).then(
        () => report(name),
        (error) => report(name, error ?? new Error('no reason was given')),
      );
      isRunning = false;
    }, everyMs);
  }
}
