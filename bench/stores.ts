// GET and replicated PUT of two nodes that keep their records in data files of SQLite, against two that keep them in memory:
// without the emulator, which would hide the difference.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Pair, startPair } from '../tests/support/nodes.ts';
import { type Figures, startLoadGenerator } from './load.ts';
import { BASE, judged, type Table, unjudged } from './report.ts';
import { median, ratio, turns } from './stats.ts';
import { fillOverHttp, VALUE_BYTES } from './workload.ts';

const ROUNDS = 8;
const SECONDS = 2;
const KEYS = 1000;
const CONNECTIONS = [16, 64] as const;
const STORES = { memory: 'memory', sqlite: 'SQLite' } as const;
type Name = keyof typeof STORES;
const NAMES = Object.keys(STORES) as Name[];
const KINDS = { get: 'GET', create: 'PUT, replicated' } as const;
type Kind = keyof typeof KINDS;
/** Of the rate in memory: a PUT at 64 connections, each group of which waits twice for a disk. */
const PUT_AT_LEAST = 0.5;

type Case = `${Name} ${Kind} ${number}`;

export async function measureStores(): Promise<Table[]> {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-bench-'));
  const pairs: Partial<Record<Name, Pair>> = {};
  const generator = startLoadGenerator();
  const figures = new Map<Case, Figures[]>();
  try {
    for (const STORE of NAMES) {
      pairs[STORE] = await startPair({ STORE, SQLITE_FOLDER: folder, MEMORY_LIMIT_MB: '2000' }, { serve: {} });
      await fillOverHttp(pairs[STORE].primary.url, KEYS);
    }
    for (let round = -1; round < ROUNDS; round++) {
      for (const connections of CONNECTIONS) {
        for (const kind of ['get', 'create'] as const) {
          for (const name of turns(NAMES, Math.max(0, round))) {
            const { url } = (pairs[name] as Pair).primary;
            const measured = await generator.run({ url, kind, keys: KEYS, seconds: SECONDS, connections });
            const of: Case = `${name} ${kind} ${connections}`;
            // The first one warms up.
            if (round >= 0) figures.set(of, [...(figures.get(of) ?? []), measured]);
          }
        }
      }
    }
  } finally {
    generator.stop();
    await Promise.all(Object.values(pairs).map((pair) => pair.stop()));
    await rm(folder, { recursive: true });
  }
  return [tableOf(figures)];
}

function tableOf(figures: ReadonlyMap<Case, readonly Figures[]>): Table {
  const of = (name: Name, kind: Kind, connections: number) => figures.get(`${name} ${kind} ${connections}`) ?? [];
  const cells = (name: Name, kind: Kind, connections: number) => {
    if (name === 'memory') return BASE;
    const rates = (each: Name) => of(each, kind, connections).map(({ rate }) => rate);
    const against = ratio(rates('sqlite'), rates('memory'));
    return kind === 'create' && connections === 64 ? judged(against, { atLeast: PUT_AT_LEAST }) : unjudged(against);
  };
  return {
    title: `Stores: each for ${SECONDS} s in turn, ${ROUNDS} rounds, medians`,
    rows: CONNECTIONS.flatMap((connections) =>
      (Object.keys(KINDS) as Kind[]).flatMap((kind) =>
        NAMES.map((name) => ({
          request: KINDS[kind],
          connections,
          of: STORES[name],
          'requests/s': median(of(name, kind, connections).map(({ rate }) => rate)),
          'p50 ms': median(of(name, kind, connections).map(({ p50Ms }) => p50Ms)),
          'p99 ms': median(of(name, kind, connections).map(({ p99Ms }) => p99Ms)),
          ...cells(name, kind, connections),
        })),
      ),
    ),
    notes: [
      'The ratio is of the rates, to the nodes in memory, round by round.',
      `Each PUT makes a new key with a value of ${VALUE_BYTES} bytes; only an answer that says it is on the replica counts.`,
      'Nodes, and the load, share the cores and the disk of this machine.',
    ],
  };
}
