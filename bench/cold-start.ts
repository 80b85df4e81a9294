// How soon a fresh process answers with each handler, against an empty one, and how large each handler's bundle is.
import { buildArtifact, EMPTY, handlerFile, handlerNames } from './artifact.ts';
import { bundleOf } from './bundle.ts';
import { type Start, startCold } from './cold-process.ts';
import { measureDeployedStart } from './dynamodb/cold-start.ts';
import { firstEvent } from './first-event.ts';
import { BASE, judged, type Table, unjudged } from './report.ts';
import { median, ratio, type Spread, turns } from './stats.ts';
import { startReplicaStub } from './stub.ts';

const ROUNDS = 15;
const WARM_UP_ROUNDS = 2;
const TARGET = { atMost: 1.5 };
/** The handlers that the target is for. */
const JUDGED = ['get', 'put'];

interface Case {
  readonly name: string;
  readonly handler: string;
  readonly role: 'primary' | 'replica';
}

export async function measureColdStart(): Promise<Table[]> {
  await buildArtifact();
  const stub = await startReplicaStub();
  const names = [EMPTY, ...(await handlerNames())];
  const cases = casesOf(names);
  const starts = new Map<string, Start[]>(cases.map(({ name }) => [name, []]));
  try {
    for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
      for (const { name, handler, role } of turns(cases, round)) {
        const env = { ...stub.env, ROLE: role };
        const start = await startCold({
          file: handlerFile(handler),
          event: firstEvent(handler, { peer: 'bench' }),
          env,
        });
        if (round >= 0) starts.get(name)?.push(start);
      }
    }
  } finally {
    stub.stop();
  }
  return [timeTable(starts), await sizeTable(names), ...(await measureDeployedStart())];
}

/** Each handler where it has work to do, and a read on a replica besides, which need not recover. */
function casesOf(names: readonly string[]): Case[] {
  const cases = names.map(
    (name): Case => ({ name, handler: name, role: name === 'replicate' ? 'replica' : 'primary' }),
  );
  return [...cases, { name: 'get, on a replica', handler: 'get', role: 'replica' }];
}

function timeTable(starts: ReadonlyMap<string, Start[]>): Table {
  const times = (name: string, part: keyof Start) => (starts.get(name) as Start[]).map((start) => start[part]);
  const against = (name: string): Spread => ratio(times(name, 'wholeMs'), times(EMPTY, 'wholeMs'));
  const cells = (name: string) =>
    name === EMPTY ? BASE : JUDGED.includes(name) ? judged(against(name), TARGET) : unjudged(against(name));
  return {
    title: `Cold start in memory: a fresh Node process each time, in turn, ${ROUNDS} rounds, medians`,
    rows: [...starts.keys()].map((name) => ({
      handler: name,
      'process to answer ms': median(times(name, 'wholeMs')),
      'import ms': median(times(name, 'importMs')),
      'first call ms': median(times(name, 'firstCallMs')),
      ...cells(name),
    })),
    notes: [
      'The ratio is of the time from the creation of the process to its answer, which includes the start of Node itself.',
      'A primary in memory first asks the replica what it holds, and says 503 until then: its first call includes that. A node with a durable store has no such step: see below.',
      "PUT's first call opens a connection and ships to a local HTTP server that acknowledges everything.",
    ],
  };
}

async function sizeTable(names: readonly string[]): Promise<Table> {
  const bundles = await Promise.all(names.map(async (name) => ({ name, ...(await bundleOf(handlerFile(name))) })));
  return {
    title: 'Bundle of each handler: its file and all it imports at once, minified',
    rows: bundles.map(({ name, files, bytes, gzippedBytes }) => ({
      handler: name,
      files,
      'kB minified': bytes / 1000,
      'kB gzipped': gzippedBytes / 1000,
    })),
    notes: ['Without source maps.'],
  };
}
