// The process in which handlers are called directly.
import { until } from '../tests/support/until.ts';
import { EMPTY, loadHandler } from './artifact.ts';
import { type Call, microsecondsOf } from './call.ts';
import { below, CONNECTIONS, CONTEXT, getEvent, keyAt, listEvent, putEvent, statusEvent } from './workload.ts';

/** Microseconds a call, per round. */
export type Times = Record<string, number[]>;

const ROUNDS = 15;
const WARM_UP_ROUNDS = 5;
const KEYS = 1000;

process.once('message', async () => {
  const empty = await loadHandler(EMPTY);
  const get = await loadHandler('get');
  const put = await loadHandler('put');
  const status = await loadHandler('key-status');
  const list = await loadHandler('list');
  await until(async () => (await get(getEvent(keyAt(0)), CONTEXT)).statusCode !== 503);
  for (let i = 0; i < KEYS; i++) await put(putEvent(keyAt(i), i), CONTEXT);
  const randomKey = () => keyAt(below(KEYS));
  const calls: Array<Call & { readonly name: string }> = [
    { name: 'empty handler', handler: empty, eventOf: () => getEvent(randomKey()), atOnce: 1 },
    { name: 'GET /key', handler: get, eventOf: () => getEvent(randomKey()), atOnce: 1 },
    { name: 'GET /status', handler: status, eventOf: () => statusEvent(randomKey()), atOnce: 1 },
    { name: 'GET /keys, 100 keys', handler: list, eventOf: () => listEvent(keyAt(0)), atOnce: 1 },
    { name: 'PUT, replicated', handler: put, eventOf: (i) => putEvent(randomKey(), i), atOnce: 1 },
    {
      name: `PUT, replicated, ${CONNECTIONS} at once`,
      handler: put,
      eventOf: (i) => putEvent(randomKey(), i),
      atOnce: CONNECTIONS,
    },
  ];
  const times: Times = Object.fromEntries(calls.map(({ name }) => [name, []]));
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
    for (const call of calls) {
      const microseconds = await microsecondsOf(call);
      if (round >= 0) times[call.name]?.push(microseconds);
    }
  }
  process.send?.(times);
});
