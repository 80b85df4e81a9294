// GET and replicated PUT over HTTP, against two floors under the same emulator: an empty handler, and one that gives
// Tandem's own answer without doing anything for it.
import { buildArtifact, EMPTY } from './artifact.ts';
import { startConstantFloor, startFloor } from './floor.ts';
import type { Answer } from './inside.ts';
import { type Figures, startLoadGenerator } from './load.ts';
import { assertReplicated, type MeasuredNode, startPair } from './nodes.ts';
import { BASE, judged, type Table, unjudged } from './report.ts';
import { median, ratio, turns } from './stats.ts';
import { CONNECTIONS, keyAt, VALUE_BYTES } from './workload.ts';

const ROUNDS = 20;
const SECONDS = 1;
const WARM_UP_SECONDS = 4;
const KEYS = 1000;

const NODES = { empty: 'empty handler', constant: 'constant answer', tandem: 'Tandem' } as const;
type Name = keyof typeof NODES;
const NAMES = Object.keys(NODES) as Name[];
const KINDS = { get: 'GET', create: 'PUT, replicated' } as const;
type Kind = keyof typeof KINDS;
const TARGETS: Readonly<Record<Kind, { atLeast: number }>> = { get: { atLeast: 0.95 }, create: { atLeast: 0.5 } };

type Measured = Figures & { readonly cpuMicroseconds: number };
type AllFigures = Record<Name, Record<Kind, Measured[]>>;

export async function measureHttp(): Promise<Table[]> {
  await buildArtifact();
  const pair = await startPair();
  await pair.primary.ask({ fill: [0, KEYS] });
  const answers = {
    GET: await pair.primary.ask<Answer>({ answerOf: 'get', key: keyAt(0) }),
    PUT: await pair.primary.ask<Answer>({ answerOf: 'put', key: `new-${keyAt(0)}` }),
  };
  const nodes: Record<Name, MeasuredNode> = {
    empty: await startFloor(EMPTY),
    constant: await startConstantFloor(answers),
    tandem: pair.primary,
  };
  const generator = startLoadGenerator();
  const figures: AllFigures = {
    empty: { get: [], create: [] },
    constant: { get: [], create: [] },
    tandem: { get: [], create: [] },
  };
  const measure = async (name: Name, kind: Kind, seconds: number): Promise<Measured> => {
    const before = await nodes[name].cpuTime();
    const measured = await generator.run({ url: nodes[name].url, kind, keys: KEYS, seconds });
    const cpuMicroseconds = ((await nodes[name].cpuTime()) - before) / measured.requests;
    if (kind === 'create' && name === 'tandem') await assertReplicated(pair, measured.lastCreated);
    return { ...measured, cpuMicroseconds };
  };
  try {
    for (const kind of ['create', 'get'] as const) {
      for (const name of NAMES) await measure(name, kind, WARM_UP_SECONDS);
    }
    for (let round = 0; round < ROUNDS; round++) {
      for (const kind of ['get', 'create'] as const) {
        for (const name of turns(NAMES, round)) figures[name][kind].push(await measure(name, kind, SECONDS));
      }
    }
  } finally {
    generator.stop();
    await Promise.all([nodes.empty.stop(), nodes.constant.stop(), pair.stop()]);
  }
  return [tableOf(figures)];
}

function tableOf(figures: AllFigures): Table {
  const rates = (name: Name, kind: Kind) => figures[name][kind].map(({ rate }) => rate);
  const cells = (name: Name, kind: Kind) => {
    if (name === 'empty') return BASE;
    const against = ratio(rates(name, kind), rates('empty', kind));
    return name === 'tandem' ? judged(against, TARGETS[kind]) : unjudged(against);
  };
  return {
    title: `HTTP: ${CONNECTIONS} connections, each for ${SECONDS} s in turn, ${ROUNDS} rounds, medians`,
    rows: (Object.keys(KINDS) as Kind[]).flatMap((kind) =>
      NAMES.map((name) => ({
        request: KINDS[kind],
        of: NODES[name],
        'requests/s': median(rates(name, kind)),
        'p50 ms': median(figures[name][kind].map(({ p50Ms }) => p50Ms)),
        'p99 ms': median(figures[name][kind].map(({ p99Ms }) => p99Ms)),
        'CPU µs': median(figures[name][kind].map(({ cpuMicroseconds }) => cpuMicroseconds)),
        ...cells(name, kind),
        'to constant': name === 'tandem' ? ratio(rates(name, kind), rates('constant', kind)).median.toFixed(2) : '',
      })),
    ),
    notes: [
      'The ratio is of the rates, to the empty handler under the same emulator, round by round.',
      "The constant answer has Tandem's headers and body: what it is slower than the empty handler is the emulator's.",
      `Each PUT makes a new key with a value of ${VALUE_BYTES} bytes; only an answer that says it is on the replica counts.`,
      'The replica is another process on the same cores. The processor time is that of the node which is asked.',
    ],
  };
}
