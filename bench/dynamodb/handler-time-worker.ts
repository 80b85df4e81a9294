// The process in which handlers on DynamoDB are called, a round for each message.
import { loadHandler } from '../artifact.ts';
import { below, CONTEXT, getEvent, type Handler, keyAt, putEvent } from '../workload.ts';

export type Request = 'get' | 'put';

/** Microseconds a call: what has gone by, and what the processor has worked in this process. */
export interface CallTimes {
  readonly elapsed: number;
  readonly cpu: number;
}

const CALLS_A_ROUND = 100;
const KEYS = 200;

const ready = prepare();

process.on('message', async (request: Request) => {
  process.send?.(await round(await ready, request));
});
process.on('disconnect', () => process.exit());

/** Loads the handlers, and writes the keys that they are asked for. */
async function prepare(): Promise<Record<Request, Handler>> {
  const handlers = { get: await loadHandler('get'), put: await loadHandler('put') };
  for (let i = 0; i < KEYS; i++) await handlers.put(shown(putEvent(keyAt(i), i)), CONTEXT);
  return handlers;
}

/** @throws Error when an answer is none of success */
async function round(handlers: Record<Request, Handler>, request: Request): Promise<CallTimes> {
  const events = Array.from({ length: CALLS_A_ROUND }, (_, i) => {
    const key = keyAt(below(KEYS));
    return shown(request === 'get' ? getEvent(key) : putEvent(key, i));
  });
  const before = process.cpuUsage();
  const started = performance.now();
  for (const event of events) {
    const { statusCode, body } = await handlers[request](event, CONTEXT);
    if (statusCode !== 200) throw new Error(`answered ${statusCode}: ${body}`);
  }
  const elapsed = (performance.now() - started) * 1000;
  const { user, system } = process.cpuUsage(before);
  return { elapsed: elapsed / CALLS_A_ROUND, cpu: (user + system) / CALLS_A_ROUND };
}

function shown(event: Parameters<Handler>[0]): Parameters<Handler>[0] {
  event.headers.authorization = `Bearer ${process.env.WRITE_TOKEN}`;
  return event;
}
