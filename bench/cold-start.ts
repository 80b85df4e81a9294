// How soon a fresh process answers with each handler, against an empty one, and how large each handler's bundle is.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildArtifact, EMPTY, handlerFile, handlerNames } from './artifact.ts';
import { bundleOf } from './bundle.ts';
import { BASE, judged, type Table, unjudged } from './report.ts';
import { median, ratio, type Spread, turns } from './stats.ts';
import { type ReplicaStub, startReplicaStub } from './stub.ts';
import { eventOf, getEvent, keyAt, listEvent, putEvent } from './workload.ts';

const ROUNDS = 15;
const WARM_UP_ROUNDS = 2;
const TARGET = { atMost: 1.5 };
/** The handlers that the target is for. */
const JUDGED = ['get', 'put'];
const FROM_PEER = { authorization: 'Bearer bench' };

interface Start {
  /** From the process's creation to its answer. */
  readonly wholeMs: number;
  readonly importMs: number;
  readonly firstCallMs: number;
}

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
      for (const each of turns(cases, round)) {
        const start = await startCold(each, stub);
        if (round >= 0) starts.get(each.name)?.push(start);
      }
    }
  } finally {
    stub.stop();
  }
  return [timeTable(starts), await sizeTable(names)];
}

/** Each handler where it has work to do, and a read on a replica besides, which need not recover. */
function casesOf(names: readonly string[]): Case[] {
  const cases = names.map(
    (name): Case => ({ name, handler: name, role: name === 'replicate' ? 'replica' : 'primary' }),
  );
  return [...cases, { name: 'get, on a replica', handler: 'get', role: 'replica' }];
}

async function startCold({ handler, role }: Case, { env }: ReplicaStub): Promise<Start> {
  const url = pathToFileURL(handlerFile(handler)).href;
  const started = performance.now();
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, 'cold-start-worker.mjs'), url, JSON.stringify(firstEvent(handler))],
    { env: { ...env, ROLE: role }, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const { text, wholeMs } = await new Promise<{ text: string; wholeMs: number }>((resolve) => {
    let text = '';
    let wholeMs = 0;
    child.stdout.on('data', (chunk) => {
      text += chunk;
      wholeMs = performance.now() - started;
    });
    child.on('close', () => resolve({ text, wholeMs }));
  });
  const { status, importMs, firstCallMs } = JSON.parse(text);
  if (status >= 500 || (handler === 'put' && status !== 201)) throw new Error(`${handler} answered ${status}.`);
  return { wholeMs, importMs, firstCallMs };
}

/** A first request, to a store without keys: GET answers 404. */
function firstEvent(name: string) {
  switch (name) {
    case 'put':
      return putEvent(keyAt(0), 0);
    case 'list':
      return listEvent(keyAt(0));
    case 'replicate': {
      const record = { key: keyAt(0), value: '"x"', epoch: 1, version: 1, updatedAt: 1 };
      const body = JSON.stringify({ from: 'bench', epoch: 1, sentAt: 1, records: [record] });
      return eventOf({ method: 'POST', route: 'POST /replicate', path: '/replicate', headers: FROM_PEER, body });
    }
    case 'digest':
      return eventOf({ method: 'GET', route: 'GET /digest', path: '/digest', headers: FROM_PEER });
    default:
      return getEvent(keyAt(0));
  }
}

function timeTable(starts: ReadonlyMap<string, Start[]>): Table {
  const times = (name: string, part: keyof Start) => (starts.get(name) as Start[]).map((start) => start[part]);
  const against = (name: string): Spread => ratio(times(name, 'wholeMs'), times(EMPTY, 'wholeMs'));
  const cells = (name: string) =>
    name === EMPTY ? BASE : JUDGED.includes(name) ? judged(against(name), TARGET) : unjudged(against(name));
  return {
    title: `Cold start: a fresh Node process each time, in turn, ${ROUNDS} rounds, medians`,
    rows: [...starts.keys()].map((name) => ({
      handler: name,
      'process to answer ms': median(times(name, 'wholeMs')),
      'import ms': median(times(name, 'importMs')),
      'first call ms': median(times(name, 'firstCallMs')),
      ...cells(name),
    })),
    notes: [
      'The ratio is of the time from the creation of the process to its answer, which includes the start of Node itself.',
      'A primary in memory first asks the replica what it holds, and says 503 until then: its first call includes that. A node with a durable store has no such step.',
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
