// GET and replicated PUT over HTTP, against an empty handler under the same emulator: the floor.
import { until } from '../tests/support/until.ts';
import { buildArtifact } from './artifact.ts';
import { type Figures, startLoadGenerator } from './load.ts';
import { type MeasuredPair, startEmpty, startPair } from './nodes.ts';
import { BASE, type Cell, judged, type Table } from './report.ts';
import { median, ratio, turns } from './stats.ts';
import { CONNECTIONS, VALUE_BYTES } from './workload.ts';

const ROUNDS = 20;
const SECONDS = 1;
const WARM_UP_SECONDS = 4;
const KEYS = 1000;

type Kind = 'get' | 'create';
type Measured = Figures & { readonly cpuMicroseconds: number };

export async function measureHttp(): Promise<Table[]> {
  await buildArtifact();
  const [empty, pair] = await Promise.all([startEmpty(), startPair()]);
  const nodes = { empty, tandem: pair.primary };
  const generator = startLoadGenerator();
  const figures: Record<keyof typeof nodes, Record<Kind, Measured[]>> = {
    empty: { get: [], create: [] },
    tandem: { get: [], create: [] },
  };
  const measure = async (name: keyof typeof nodes, kind: Kind, seconds: number): Promise<Measured> => {
    const before = await nodes[name].cpuTime();
    const measured = await generator.run({ url: nodes[name].url, kind, keys: KEYS, seconds });
    const cpuMicroseconds = ((await nodes[name].cpuTime()) - before) / measured.requests;
    if (kind === 'create' && name === 'tandem') await assertReplicated(pair, measured.lastCreated);
    return { ...measured, cpuMicroseconds };
  };
  try {
    await pair.primary.ask({ fill: [0, KEYS] });
    for (const kind of ['create', 'get'] as const) {
      for (const name of ['empty', 'tandem'] as const) await measure(name, kind, WARM_UP_SECONDS);
    }
    for (let round = 0; round < ROUNDS; round++) {
      for (const kind of ['get', 'create'] as const) {
        for (const name of turns(['empty', 'tandem'] as const, round)) {
          figures[name][kind].push(await measure(name, kind, SECONDS));
        }
      }
    }
  } finally {
    generator.stop();
    await Promise.all([empty.stop(), pair.stop()]);
  }
  return [tableOf(figures.empty, figures.tandem)];
}

/** Both nodes say so. The load ends in mid-request, so the last write may still be under way. */
async function assertReplicated({ primary, replica }: MeasuredPair, key: string): Promise<void> {
  await until(async () => {
    const status = (await (await fetch(`${primary.url}/status/${key}`)).json()) as { status: string };
    return status.status === 'replicated' && (await fetch(`${replica.url}/key/${key}`)).ok;
  });
}

function tableOf(empty: Record<Kind, Measured[]>, tandem: Record<Kind, Measured[]>): Table {
  const against = (kind: Kind) =>
    ratio(
      tandem[kind].map(({ rate }) => rate),
      empty[kind].map(({ rate }) => rate),
    );
  return {
    title: `HTTP: ${CONNECTIONS} connections, each for ${SECONDS} s in turn, ${ROUNDS} rounds, medians`,
    rows: [
      row('GET, empty handler', empty.get, BASE),
      row('GET, Tandem', tandem.get, judged(against('get'), { atLeast: 0.95 })),
      row('PUT, empty handler', empty.create, BASE),
      row('PUT, Tandem, replicated', tandem.create, judged(against('create'), { atLeast: 0.5 })),
    ],
    notes: [
      'The ratio is of the rates, Tandem to the empty handler under the same emulator, round by round.',
      `Each PUT makes a new key with a value of ${VALUE_BYTES} bytes; only an answer that says it is on the replica counts.`,
      'The replica is another process on the same cores. The processor time is that of the node which is asked.',
    ],
  };
}

function row(request: string, figures: Measured[], cells: Readonly<Record<string, Cell>>) {
  return {
    request,
    'requests/s': median(figures.map(({ rate }) => rate)),
    'p50 ms': median(figures.map(({ p50Ms }) => p50Ms)),
    'p99 ms': median(figures.map(({ p99Ms }) => p99Ms)),
    'CPU µs': median(figures.map(({ cpuMicroseconds }) => cpuMicroseconds)),
    ...cells,
  };
}
