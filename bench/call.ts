// Times a handler that is called directly.
import { CONTEXT, type Handler } from './workload.ts';

export interface Call {
  readonly handler: Handler;
  readonly eventOf: (i: number) => Parameters<Handler>[0];
  /** How many calls are in flight. */
  readonly atOnce: number;
}

const AT_LEAST_MS = 100;
const CALLS_A_TURN = 500;

/** Microseconds a call. Events are made beforehand, so that the time is the handler's. */
export async function microsecondsOf({ handler, eventOf, atOnce }: Call): Promise<number> {
  let calls = 0;
  let ms = 0;
  while (ms < AT_LEAST_MS) {
    const events = Array.from({ length: CALLS_A_TURN }, (_, i) => eventOf(i));
    let next = 0;
    const callAll = async () => {
      for (let event = events[next++]; event !== undefined; event = events[next++]) {
        const { statusCode, body } = await handler(event, CONTEXT);
        if (statusCode !== 200) throw new Error(`answered ${statusCode}: ${body}`);
      }
    };
    const started = performance.now();
    await Promise.all(Array.from({ length: atOnce }, callAll));
    ms += performance.now() - started;
    calls += events.length;
  }
  return (ms * 1000) / calls;
}
