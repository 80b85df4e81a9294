// What the client costs beside bare `fetch`, which it uses; and what a batch saves beside single requests. Against a pair of
// `npm run serve`, from this process.
import { type Client, createClient } from '../client/client.ts';
import { type MeasuredPair, startServedPair } from './nodes.ts';
import { BASE, judged, type Table, unjudged } from './report.ts';
import { median, ratio, turns } from './stats.ts';
import { below, fillOverHttp, keyAt, put, putInit, valueAt } from './workload.ts';

const ROUNDS = 60;
const SECONDS = 0.25;
const WARM_UP_SECONDS = 4;
const OWN_SECONDS = 0.1;
const KEYS = 1000;
const AT_ONCE = [1, 16] as const;
const OPERATIONS = 100;
const BATCH_ROUNDS = 15;
const WARM_UP_ROUNDS = 3;

/** At most a tenth more processor time than bare fetch takes. */
const OVERHEAD = 1.1;
const BATCH_FACTOR = 10;

export async function measureClient(): Promise<Table[]> {
  const pair = await startServedPair();
  try {
    await fillOverHttp(pair.primary.url, KEYS);
    const kv = createClient({ primary: pair.primary.url, replica: pair.replica.url });
    return [await overhead(pair, kv), await ownTime(pair), await batches(kv)];
  } finally {
    await pair.stop();
  }
}

type Ask = (i: number) => Promise<unknown>;
const NAMES = ['fetch', 'client'] as const;
type Name = (typeof NAMES)[number];

interface Measured {
  readonly rate: number;
  /** Processor time of this process for each request. */
  readonly cpuMicroseconds: number;
}

async function overhead(pair: MeasuredPair, kv: Client): Promise<Table> {
  const { url } = pair.primary;
  const asks: Readonly<Record<string, Readonly<Record<Name, Ask>>>> = {
    GET: {
      fetch: async (i) => (await fetch(`${url}/key/${keyAt(i)}`)).json(),
      client: (i) => kv.get(keyAt(i)),
    },
    'PUT, replicated': {
      fetch: async (i) => (await put(url, keyAt(i), i)).json(),
      client: (i) => kv.put(keyAt(i), JSON.parse(valueAt(i))),
    },
  };
  const rows: Array<Table['rows'][number]> = [];
  for (const [request, ask] of Object.entries(asks)) {
    for (const atOnce of AT_ONCE) {
      const figures: Record<Name, Measured[]> = { fetch: [], client: [] };
      for (const name of NAMES) await askFor(WARM_UP_SECONDS, atOnce, ask[name]);
      for (let round = 0; round < ROUNDS; round++)
        for (const name of turns(NAMES, round)) figures[name].push(await askFor(SECONDS, atOnce, ask[name]));
      const cpuOf = (name: Name) => figures[name].map(({ cpuMicroseconds }) => cpuMicroseconds);
      for (const name of NAMES) {
        rows.push({
          request,
          'at once': atOnce,
          with: name === 'fetch' ? 'bare fetch' : 'the client',
          'requests/s': median(figures[name].map(({ rate }) => rate)),
          'CPU µs': median(cpuOf(name)),
          ...(name === 'fetch' ? BASE : judged(ratio(cpuOf(name), cpuOf('fetch')), { atMost: OVERHEAD })),
        });
      }
    }
  }
  return {
    title: `The client beside bare fetch: each for ${SECONDS} s in turn, ${ROUNDS} rounds, medians`,
    rows,
    notes: [
      'Bare fetch reads the whole answer and parses it, over kept connections, and does nothing else: no time limit, no further tries.',
      'The ratio is that of the processor time of the asking process. Each PUT of the client has an Idempotency-Key, which the node keeps.',
    ],
  };
}

/** Asks one question after the other, on so many ways at once. */
async function askFor(seconds: number, atOnce: number, ask: Ask): Promise<Measured> {
  const startedAt = performance.now();
  const cpuBefore = process.cpuUsage();
  const endsAt = startedAt + seconds * 1000;
  let requests = 0;
  const way = async () => {
    while (performance.now() < endsAt) {
      await ask(below(KEYS));
      requests++;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, way));
  const { user, system } = process.cpuUsage(cpuBefore);
  return {
    rate: (requests * 1000) / (performance.now() - startedAt),
    cpuMicroseconds: (user + system) / requests,
  };
}

/** Of the client alone: with a `fetch` that answers at once what the node has answered before. */
async function ownTime({ primary: { url } }: MeasuredPair): Promise<Table> {
  const rows = [];
  for (const [request, init] of Object.entries({ GET: {}, 'PUT, replicated': putInit(0) })) {
    const answer = await fetch(`${url}/key/${keyAt(0)}`, init);
    const { status, headers } = answer;
    const text = await answer.text();
    const instantly = async () => ({ status, headers, text: async () => text }) as Response;
    const kv = createClient({ primary: url, replica: 'http://127.0.0.1:1', fetch: instantly });
    const asks: Readonly<Record<Name, Ask>> = {
      fetch: async () => JSON.parse(await (await instantly()).text()),
      client: request === 'GET' ? () => kv.get(keyAt(0)) : () => kv.put(keyAt(0), JSON.parse(valueAt(0))),
    };
    const times: Record<Name, number[]> = { fetch: [], client: [] };
    for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
      for (const name of turns(NAMES, Math.abs(round))) {
        const { cpuMicroseconds } = await askFor(OWN_SECONDS, 1, asks[name]);
        if (round >= 0) times[name].push(cpuMicroseconds);
      }
    }
    rows.push({ request, 'CPU µs': median(times.client) - median(times.fetch) });
  }
  return {
    title: 'Of that, the client alone, with a fetch that answers at once',
    rows,
    notes: [
      'The rest of what the client costs is the time limit of each request, which fetch has to be told of by a signal.',
    ],
  };
}

async function batches(kv: Client): Promise<Table> {
  const keys = Array.from({ length: OPERATIONS }, (_, i) => keyAt(i));
  const value = JSON.parse(valueAt(1));
  const singly = (act: (key: string) => Promise<unknown>) => ({
    'one after the other': async () => {
      for (const key of keys) await act(key);
    },
    'all at once': () => Promise.all(keys.map(act)),
  });
  const kinds = {
    put: {
      batch: () => kv.batch(keys.map((key) => ({ op: 'put', key, value }))),
      ...singly((key) => kv.put(key, value)),
    },
    get: { batch: () => kv.batch(keys.map((key) => ({ op: 'get', key }))), ...singly((key) => kv.get(key)) },
  };
  const rows = [];
  for (const [kind, ways] of Object.entries(kinds)) {
    const times = await timesOf(ways);
    for (const [how, each] of Object.entries(times)) {
      const ofBatch = ratio(each, times.batch as number[]);
      const cells = { batch: BASE, 'one after the other': judged(ofBatch, { atLeast: BATCH_FACTOR }) }[how];
      rows.push({ what: `${OPERATIONS} × ${kind}`, how, ms: median(each), ...(cells ?? unjudged(ofBatch)) });
    }
  }
  return {
    title: `A batch of ${OPERATIONS} beside as many single requests: ${BATCH_ROUNDS} rounds, medians`,
    rows,
    notes: ['The ratio is the time of the single requests, of that of the batch.'],
  };
}

/** Milliseconds of each, round by round. */
async function timesOf(ways: Readonly<Record<string, () => Promise<unknown>>>): Promise<Record<string, number[]>> {
  const times: Record<string, number[]> = Object.fromEntries(Object.keys(ways).map((how) => [how, []]));
  for (let round = -WARM_UP_ROUNDS; round < BATCH_ROUNDS; round++) {
    for (const [how, act] of turns(Object.entries(ways), Math.abs(round))) {
      const startedAt = performance.now();
      await act();
      if (round >= 0) times[how]?.push(performance.now() - startedAt);
    }
  }
  return times;
}
