// The schedule of serverless.yml, kept with a timer.
import type { Functions } from './functions.ts';
import type { Stoppable } from './stop.ts';

const MINUTE_MS = 60_000;

/**
 * Calls each function once a minute; while a run lasts it is not called again. Told to stop, it waits for the runs under way.
 * @param report is told the outcome of each run
 */
export function keepSchedule(
  functions: Pick<Functions, 'call'>,
  names: readonly string[],
  report: (name: string, error?: unknown) => void,
  everyMs = MINUTE_MS,
): Stoppable {
  const underWay = new Map<string, Promise<void>>();
  const run = async (name: string) => {
    await functions.call(name).then(
      () => report(name),
      (error) => report(name, error ?? new Error('no reason was given')),
    );
    underWay.delete(name);
  };
  const timers = names.map((name) =>
    setInterval(() => {
      if (!underWay.has(name)) underWay.set(name, run(name));
    }, everyMs),
  );
  return {
    async stop(limitMs) {
      for (const timer of timers) clearInterval(timer);
      const late = Promise.withResolvers<void>();
      const timer = setTimeout(late.resolve, limitMs);
      await Promise.race([Promise.all(underWay.values()), late.promise]);
      clearTimeout(timer);
    },
  };
}
