// The process in which handlers on DynamoDB are called, and their requests made by hand, in turn.
import { loadHandler } from '../artifact.ts';
import { turns } from '../stats.ts';
import { below, CONTEXT, getEvent, type Handler, keyAt, putEvent, valueAt } from '../workload.ts';
import type { PutByHand } from './by-hand/put-by-hand.ts';
import { requestsOf } from './put-by-hand-requests.ts';

/** Microseconds a call: what has gone by, and what the processor has worked in this process. */
export interface CallTimes {
  readonly elapsed: number;
  readonly cpu: number;
}

/** Per round. */
export interface Compared {
  readonly handler: CallTimes[];
  readonly byHand: CallTimes[];
}

export type Measured = Record<'GET' | 'PUT, replicated', Compared>;

const ROUNDS = 25;
const WARM_UP_ROUNDS = 10;
const CALLS_A_ROUND = 50;
const KEYS = 200;

/** Makes a request beforehand. @returns does it */
type Prepare = (i: number) => () => Promise<{ statusCode: number; body?: string }>;

process.once('message', async () => {
  process.send?.(await measure());
});

async function measure(): Promise<Measured> {
  const get = await loadHandler('get');
  const put = await loadHandler('put');
  const getByHand = await loadHandler<(key: string) => ReturnType<Handler>>('get-by-hand');
  const putByHand = await loadHandler<(requests: PutByHand) => ReturnType<Handler>>('put-by-hand');
  const requestsFor = requestsOf(process.env.TABLE_NAME as string);
  const randomKey = () => keyAt(below(KEYS));
  const ways: Record<keyof Measured, Record<keyof Compared, Prepare>> = {
    GET: {
      handler: () => calling(get, getEvent(randomKey())),
      byHand: () => {
        const key = randomKey();
        return () => getByHand(key);
      },
    },
    'PUT, replicated': {
      handler: (i) => calling(put, putEvent(randomKey(), i)),
      byHand: (i) => {
        const requests = requestsFor(`by-hand-${randomKey()}`, valueAt(i));
        return () => putByHand(requests);
      },
    },
  };
  for (let i = 0; i < KEYS; i++) await calling(put, putEvent(keyAt(i), i))();

  const measured: Measured = { GET: { handler: [], byHand: [] }, 'PUT, replicated': { handler: [], byHand: [] } };
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
    for (const request of Object.keys(ways) as Array<keyof Measured>) {
      const { handler, byHand } = await compare(ways[request]);
      if (round < 0) continue;
      measured[request].handler.push(handler);
      measured[request].byHand.push(byHand);
    }
  }
  return measured;
}

/** Call by call in turn, so that whatever slows this machine down slows both down. */
async function compare({
  handler,
  byHand,
}: Record<keyof Compared, Prepare>): Promise<Record<keyof Compared, CallTimes>> {
  const sums = { handler: { elapsed: 0, cpu: 0 }, byHand: { elapsed: 0, cpu: 0 } };
  for (let i = 0; i < CALLS_A_ROUND; i++) {
    const calls = [() => add(sums.handler, handler(i)), () => add(sums.byHand, byHand(i))];
    for (const call of turns(calls, i)) await call();
  }
  const mean = ({ elapsed, cpu }: CallTimes) => ({ elapsed: elapsed / CALLS_A_ROUND, cpu: cpu / CALLS_A_ROUND });
  return { handler: mean(sums.handler), byHand: mean(sums.byHand) };
}

/** @throws Error when the answer is none of success */
async function add(sum: { elapsed: number; cpu: number }, call: ReturnType<Prepare>): Promise<void> {
  const before = process.cpuUsage();
  const started = performance.now();
  const { statusCode, body } = await call();
  sum.elapsed += (performance.now() - started) * 1000;
  const { user, system } = process.cpuUsage(before);
  sum.cpu += user + system;
  if (statusCode !== 200 && statusCode !== 201) throw new Error(`answered ${statusCode}: ${body}`);
}

function calling(handler: Handler, event: Parameters<Handler>[0]): ReturnType<Prepare> {
  event.headers.authorization = `Bearer ${process.env.WRITE_TOKEN}`;
  return () => handler(event, CONTEXT);
}
