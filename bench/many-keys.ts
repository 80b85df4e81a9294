// What a million keys cost on `npm run serve`, in memory and over data files: rates against those at a thousand keys, and how
// long a read takes while the replica, started again empty, is being refilled with all of them.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../tests/support/until.ts';
import { type Figures, type Load, startLoadGenerator } from './load.ts';
import { type MeasuredPair, startServedPair } from './nodes.ts';
import { BASE, judged, type Table } from './report.ts';
import { median, ratio, turns } from './stats.ts';
import { fillInBatches } from './workload.ts';

const FEW = 1000;
const MANY = 1_000_000;
const ROUNDS = 10;
const SECONDS = 1;
const WARM_UP_SECONDS = 3;
const STORES = { memory: 'memory', sqlite: 'SQLite' } as const;
type Store = keyof typeof STORES;
const KINDS = { get: 'GET', put: 'PUT, replicated', list: 'GET /keys, 100 keys' } as const;
type Kind = keyof typeof KINDS & Load['kind'];
const CONNECTIONS = 64;
const RATE_AT_LEAST = 0.85;
const P99_AT_MOST = 3;

type Generator = ReturnType<typeof startLoadGenerator>;

export async function measureManyKeys(): Promise<Table[]> {
  const generator = startLoadGenerator();
  try {
    const rates: Table['rows'][number][] = [];
    for (const store of Object.keys(STORES) as Store[]) rates.push(...(await ratesOf(store, generator)));
    return [rateTable(rates), refillTable(await readsDuringRefill(generator))];
  } finally {
    generator.stop();
  }
}

async function ratesOf(store: Store, generator: Generator): Promise<Table['rows'][number][]> {
  const pairs: { keys: number; pair: MeasuredPair; folder: string; figures: Record<Kind, Figures[]> }[] = [];
  try {
    for (const keys of [FEW, MANY]) {
      const folder = await mkdtemp(join(tmpdir(), 'tandem-bench-'));
      const pair = await startServedPair({ STORE: store, SQLITE_FOLDER: folder, MEMORY_LIMIT_MB: '4096' });
      pairs.push({ keys, pair, folder, figures: { get: [], put: [], list: [] } });
      await fillInBatches(pair.primary.url, keys);
    }
    for (let round = -1; round < ROUNDS; round++) {
      for (const kind of Object.keys(KINDS) as Kind[]) {
        for (const { keys, pair, figures } of turns(pairs, Math.max(0, round))) {
          const seconds = round < 0 ? WARM_UP_SECONDS : SECONDS;
          const measured = await generator.run({ url: pair.primary.url, kind, keys, seconds });
          if (round >= 0) figures[kind].push(measured);
        }
      }
    }
  } finally {
    await Promise.all(pairs.map(({ pair }) => pair.stop()));
    for (const { folder } of pairs) await rm(folder, { recursive: true });
  }
  const [few] = pairs;
  return (Object.keys(KINDS) as Kind[]).flatMap((kind) =>
    pairs.map(({ keys, figures }) => {
      const rate = (each: typeof few) => (each?.figures[kind] ?? []).map((measured) => measured.rate);
      const against = ratio(
        figures[kind].map((measured) => measured.rate),
        rate(few),
      );
      return {
        store: STORES[store],
        request: KINDS[kind],
        keys,
        'requests/s': median(figures[kind].map((measured) => measured.rate)),
        'p99 ms': median(figures[kind].map(({ p99Ms }) => p99Ms)),
        ...(keys === FEW ? BASE : judged(against, { atLeast: RATE_AT_LEAST })),
      };
    }),
  );
}

interface Reads {
  readonly alone: Figures[];
  readonly beside: Figures[];
}

async function readsDuringRefill(generator: Generator): Promise<Reads> {
  const { primary, replica, stop } = await startServedPair({ MEMORY_LIMIT_MB: '4096' });
  const read = (seconds: number) =>
    generator.run({ url: primary.url, kind: 'get', keys: MANY, seconds, connections: CONNECTIONS });
  const stateThere = async () => ((await (await fetch(`${replica.url}/status`)).json()) as { state: string }).state;
  const reads: Reads = { alone: [], beside: [] };
  try {
    await fillInBatches(primary.url, MANY);
    await read(WARM_UP_SECONDS);
    while (reads.alone.length < ROUNDS) reads.alone.push(await read(SECONDS));
    await replica.stop();
    await replica.start();
    while (reads.beside.length < ROUNDS && (await stateThere()) === 'refilling') reads.beside.push(await read(SECONDS));
    await until(async () => (await stateThere()) === 'serving', 600_000);
  } finally {
    await stop();
  }
  if (reads.beside.length < 3) throw new Error('The refill was over before it could be measured.');
  return reads;
}

function rateTable(rows: Table['rows'][number][]): Table {
  return {
    title: `npm run serve at a million keys: each for ${SECONDS} s in turn, ${ROUNDS} rounds, medians, 16 connections`,
    rows,
    notes: ['The ratio is of the rates, to those of a pair with a thousand keys, which is measured in turn with it.'],
  };
}

function refillTable({ alone, beside }: Reads): Table {
  const row = (what: string, figures: readonly Figures[], cells: Table['rows'][number]) => ({
    what,
    rounds: figures.length,
    'requests/s': median(figures.map(({ rate }) => rate)),
    'p50 ms': median(figures.map(({ p50Ms }) => p50Ms)),
    'p99 ms': median(figures.map(({ p99Ms }) => p99Ms)),
    ...cells,
  });
  const p99 = median(alone.map(({ p99Ms }) => p99Ms));
  const against = ratio(
    beside.map(({ p99Ms }) => p99Ms),
    beside.map(() => p99),
  );
  return {
    title: `GET beside a refill of ${MANY.toLocaleString('en')} keys, ${CONNECTIONS} connections, in memory`,
    rows: [row('alone', alone, BASE), row('beside the refill', beside, judged(against, { atMost: P99_AT_MOST }))],
    notes: [
      'The ratio is of the 99th percentiles: of each second beside the refill, to the median without one.',
      'Both nodes and the load share the cores of this machine: the refill takes its share of them.',
    ],
  };
}
