// GET and replicated PUT of a pair of `npm run serve`, against bare node:http: one server with the same answer, and a pair of two
// processes of which one sends each write to the other.
import { answersOf, startBarePair } from './bare.ts';
import { type Figures, startLoadGenerator } from './load.ts';
import { assertReplicated, type MeasuredNode, startServedPair } from './nodes.ts';
import { BASE, judged, type Table } from './report.ts';
import { median, ratio, turns } from './stats.ts';
import { fillOverHttp, VALUE_BYTES } from './workload.ts';

const ROUNDS = 15;
const SECONDS = 1;
/** Until the server is optimised, which takes it some 30,000 requests. */
const WARM_UP_SECONDS = 8;
const KEYS = 1000;
const KINDS = { get: 'GET', create: 'PUT, replicated' } as const;
type Kind = keyof typeof KINDS;
const LOADS: ReadonlyArray<{ kind: Kind; connections: number; atLeast: number }> = [
  { kind: 'get', connections: 16, atLeast: 0.7 },
  { kind: 'get', connections: 64, atLeast: 0.7 },
  { kind: 'create', connections: 16, atLeast: 1 },
  { kind: 'create', connections: 64, atLeast: 1.5 },
];
const NAMES = ['bare', 'tandem'] as const;
type Name = (typeof NAMES)[number];

type Measured = Figures & { readonly cpuMicroseconds: number };

export async function measureServe(): Promise<Table[]> {
  const pair = await startServedPair();
  await fillOverHttp(pair.primary.url, KEYS);
  const bare = await startBarePair(await answersOf(pair.primary.url));
  const nodes: Record<Name, Pick<MeasuredNode, 'url' | 'cpuTime'>> = { bare: bare.primary, tandem: pair.primary };
  const generator = startLoadGenerator();
  const figures = LOADS.map(() => ({ bare: [] as Measured[], tandem: [] as Measured[] }));
  const measure = async (name: Name, { kind, connections }: (typeof LOADS)[number], seconds: number) => {
    const before = await nodes[name].cpuTime();
    const measured = await generator.run({ url: nodes[name].url, kind, keys: KEYS, seconds, connections });
    const cpuMicroseconds = ((await nodes[name].cpuTime()) - before) / measured.requests;
    if (kind === 'create' && name === 'tandem') await assertReplicated(pair, measured.lastCreated);
    return { ...measured, cpuMicroseconds };
  };
  try {
    for (const load of LOADS) for (const name of NAMES) await measure(name, load, WARM_UP_SECONDS);
    for (let round = 0; round < ROUNDS; round++) {
      for (const [i, load] of LOADS.entries())
        for (const name of turns(NAMES, round)) figures[i]?.[name].push(await measure(name, load, SECONDS));
    }
  } finally {
    generator.stop();
    bare.stop();
    await pair.stop();
  }
  return [tableOf(figures)];
}

function tableOf(figures: ReadonlyArray<Record<Name, readonly Measured[]>>): Table {
  return {
    title: `npm run serve: each for ${SECONDS} s in turn, ${ROUNDS} rounds, medians`,
    rows: LOADS.flatMap(({ kind, connections, atLeast }, i) =>
      NAMES.map((name) => {
        const of = (each: Name) => figures[i]?.[each] as readonly Measured[];
        const rates = (each: Name) => of(each).map(({ rate }) => rate);
        return {
          request: KINDS[kind],
          connections,
          of: name === 'bare' ? 'bare node:http' : 'Tandem',
          'requests/s': median(rates(name)),
          'p50 ms': median(of(name).map(({ p50Ms }) => p50Ms)),
          'p99 ms': median(of(name).map(({ p99Ms }) => p99Ms)),
          'CPU µs': median(of(name).map(({ cpuMicroseconds }) => cpuMicroseconds)),
          ...(name === 'bare' ? BASE : judged(ratio(rates(name), rates('bare')), { atLeast })),
        };
      }),
    ),
    notes: [
      "The bare server gives Tandem's own answers, header by header, and does nothing for them.",
      'The bare pair parses each write, keeps it in a map, sends it to the other process over a kept connection, and waits for that.',
      `Each PUT makes a new key with a value of ${VALUE_BYTES} bytes; only an answer that says it is on the replica counts.`,
      'The load generator is another process on the same cores. The processor time is that of the node which is asked.',
    ],
  };
}
