// Whether GET, PUT and a page cost the same however many keys there are, and how much memory a key takes. One pair of
// nodes per size, all alive at the same time and measured in turn.
import type { CallTime, Filled, Memory } from './inside.ts';
import { type Figures, type Load, startLoadGenerator } from './load.ts';
import { type MeasuredNode, type MeasuredPair, startPair } from './nodes.ts';
import { BASE, judged, type Table, unjudged } from './report.ts';
import { median, ratio, spread, turns } from './stats.ts';
import { CONNECTIONS, VALUE_BYTES } from './workload.ts';

const SIZES = [1000, 100_000, 1_000_000] as const;
const ROUNDS = 12;
const SECONDS = 1;
const WARM_UP_SECONDS = 4;

const KINDS = { get: 'GET', put: 'PUT, replicated', list: 'GET /keys, 100 keys' } as const;
type Kind = keyof typeof KINDS & Load['kind'];

interface Sized {
  readonly keys: number;
  readonly pair: MeasuredPair;
  readonly fillRate: number;
  readonly bytesPerKey: { readonly primary: number; readonly replica: number };
  readonly residentBytes: number;
  readonly figures: Record<Kind, Figures[]>;
  /** Microseconds a call, called directly. */
  readonly times: Record<Kind, number[]>;
}

export async function measureScale(): Promise<Table[]> {
  const sizes: Sized[] = [];
  const generator = startLoadGenerator();
  try {
    for (const keys of SIZES) sizes.push(await startSized(keys));
    for (let round = -1; round < ROUNDS; round++) {
      for (const kind of Object.keys(KINDS) as Kind[]) {
        for (const { keys, pair, figures, times } of turns(sizes, round)) {
          const seconds = round < 0 ? WARM_UP_SECONDS : SECONDS;
          const measured = await generator.run({ url: pair.primary.url, kind, keys, seconds });
          const { microsecondsPerCall } = await pair.primary.ask<CallTime>({ time: kind, keys });
          if (round < 0) continue;
          figures[kind].push(measured);
          times[kind].push(microsecondsPerCall);
        }
      }
    }
  } finally {
    generator.stop();
    await Promise.all(sizes.map(({ pair }) => pair.stop()));
  }
  return [rateTable(sizes), callTable(sizes), memoryTable(sizes)];
}

async function startSized(keys: number): Promise<Sized> {
  const pair = await startPair({ MEMORY_LIMIT_MB: '4096' });
  const { primary, replica } = pair;
  const used = (node: MeasuredNode) => node.ask<Memory>({ memory: true });
  // What the first requests load and compile is not the keys'.
  await primary.ask({ fill: [0, SIZES[0]] });
  const before = [await used(primary), await used(replica)] as const;
  const more = keys - SIZES[0];
  const { rate: fillRate } = more > 0 ? await primary.ask<Filled>({ fill: [SIZES[0], keys] }) : { rate: 0 };
  const after = [await used(primary), await used(replica)] as const;
  return {
    keys,
    pair,
    fillRate,
    bytesPerKey: {
      primary: (after[0].usedBytes - before[0].usedBytes) / more,
      replica: (after[1].usedBytes - before[1].usedBytes) / more,
    },
    residentBytes: after[0].residentBytes,
    figures: { get: [], put: [], list: [] },
    times: { get: [], put: [], list: [] },
  };
}

function rateTable(sizes: readonly Sized[]): Table {
  const rates = ({ figures }: Sized, kind: Kind) => figures[kind].map(({ rate }) => rate);
  const [smallest] = sizes as [Sized];
  const cells = (sized: Sized, kind: Kind) => {
    if (sized === smallest) return BASE;
    const against = ratio(rates(sized, kind), rates(smallest, kind));
    return sized.keys === SIZES.at(-1) ? judged(against, { atLeast: 0.85 }) : unjudged(against);
  };
  return {
    title: `Scale, over HTTP: each size for ${SECONDS} s in turn, ${ROUNDS} rounds, medians`,
    rows: (Object.keys(KINDS) as Kind[]).flatMap((kind) =>
      sizes.map((sized) => ({
        request: KINDS[kind],
        keys: sized.keys,
        'requests/s': median(rates(sized, kind)),
        'p50 ms': median(sized.figures[kind].map(({ p50Ms }) => p50Ms)),
        'p99 ms': median(sized.figures[kind].map(({ p99Ms }) => p99Ms)),
        ...cells(sized, kind),
      })),
    ),
    notes: [
      `The ratio is of the rates, to those at ${SIZES[0].toLocaleString('en')} keys, round by round. The first round warms up and does not count.`,
      'Keys are taken at random; PUT replaces what is there, so that the number of keys stays; a page starts anywhere.',
    ],
  };
}

function callTable(sizes: readonly Sized[]): Table {
  const [smallest] = sizes as [Sized];
  return {
    title: `Scale, handlers called directly inside the node: ${ROUNDS} rounds, medians`,
    rows: (Object.keys(KINDS) as Kind[]).flatMap((kind) =>
      sizes.map((sized) => ({
        request: KINDS[kind],
        keys: sized.keys,
        'µs a call': median(sized.times[kind]),
        ...(sized === smallest ? BASE : unjudged(ratio(smallest.times[kind], sized.times[kind]))),
      })),
    ),
    notes: [
      `The ratio is of calls a second. GET and a page one after another, PUT ${CONNECTIONS} at once.`,
      'What a million keys cost more is the memory they lie in: neighbours in order are not neighbours in memory.',
    ],
  };
}

function memoryTable(sizes: readonly Sized[]): Table {
  return {
    title: `Memory, values of ${VALUE_BYTES} bytes`,
    rows: sizes
      .filter(({ keys }) => keys > SIZES[0])
      .map(({ keys, fillRate, bytesPerKey, residentBytes }) => ({
        keys,
        'bytes a key, primary': Math.round(bytesPerKey.primary),
        'bytes a key, replica': Math.round(bytesPerKey.replica),
        'resident MB, primary': Math.round(residentBytes / 1024 / 1024),
        'filled at keys/s': Math.round(fillRate),
        ...judged(spread([Math.max(bytesPerKey.primary, bytesPerKey.replica) / 1024]), { atMost: 1 }),
      })),
    notes: [
      `Heap and external memory after a full collection, less the same at ${SIZES[0].toLocaleString('en')} keys, by the keys in between; the ratio is to 1 KiB.`,
      "Filled by calling the node's PUT handler inside its process, 500 at once, each write replicated.",
    ],
  };
}
