// Tandem on both runners and over every store, side by side with other ways to keep keys on two nodes: a Flask pair as a
// demonstration has it, Workers KV in Miniflare, and a bare pair of node:http servers.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../scripts/root.ts';
import { answersOf, startBarePair } from './bare.ts';
import { startLoadGenerator } from './load.ts';
import { barChart } from './peers/chart.ts';
import { type MeasuredPeer, startPeer } from './peers/peer.ts';
import { startTandem } from './peers/tandem.ts';
import { BASE, judged, type Table, unjudged } from './report.ts';
import { median, ratio, turns } from './stats.ts';
import { fillOverHttp, VALUE_BYTES } from './workload.ts';

const ROUNDS = 7;
const SECONDS = 1;
/** Until most of what is asked is optimised. */
const WARM_UP_SECONDS = 4;
const KEYS = 1000;
const CONNECTIONS = [16, 64] as const;
const PICTURE = join(ROOT, 'docs/peers.svg');
const PEERS = join(import.meta.dirname, 'peers');

const KINDS = { get: 'GET', create: 'PUT, replicated' } as const;
type Kind = keyof typeof KINDS;

const NAMES = {
  bare: 'bare node:http pair',
  memory: 'Tandem, serve, memory',
  sqlite: 'Tandem, serve, SQLite',
  dynamodb: 'Tandem, serve, DynamoDB (local)',
  emulator: 'Tandem, emulator, memory',
  flask: 'Flask pair',
  miniflare: 'Miniflare KV, one node',
} as const;
type Name = keyof typeof NAMES;

/** Rates by peer, kind and number of connections, a figure a round. */
type Rates = Map<string, number[]>;
const idOf = (name: Name, kind: Kind, connections: number) => `${name} ${kind} ${connections}`;

export async function measurePeers(): Promise<Table[]> {
  const peers = await startAll();
  const names = [...peers.keys()];
  const generator = startLoadGenerator();
  const rates: Rates = new Map();
  const measure = async (name: Name, kind: Kind, connections: number, seconds: number) => {
    const { url } = peers.get(name) as MeasuredPeer;
    return (await generator.run({ url, kind, keys: KEYS, seconds, connections })).rate;
  };
  try {
    for (const name of names) {
      await fillOverHttp((peers.get(name) as MeasuredPeer).url, KEYS);
      for (const kind of ['get', 'create'] as const) await measure(name, kind, CONNECTIONS[0], WARM_UP_SECONDS);
    }
    for (let round = 0; round < ROUNDS; round++) {
      for (const connections of CONNECTIONS) {
        for (const kind of ['get', 'create'] as const) {
          for (const name of turns(names, round)) {
            const id = idOf(name, kind, connections);
            rates.set(id, [...(rates.get(id) ?? []), await measure(name, kind, connections, SECONDS)]);
          }
        }
      }
    }
  } finally {
    generator.stop();
    await Promise.all([...peers.values()].map((peer) => peer.stop()));
  }
  await writeFile(PICTURE, pictureOf(names, rates));
  return CONNECTIONS.map((connections) => tableOf(names, rates, connections));
}

async function startAll(): Promise<Map<Name, MeasuredPeer>> {
  await installMiniflare();
  const memory = await startTandem('serve', 'memory');
  // What the bare pair is to answer is read from it.
  await fillOverHttp(memory.url, KEYS);
  const bare = await startBarePair(await answersOf(memory.url));
  const started: Array<[Name, MeasuredPeer | Promise<MeasuredPeer>]> = [
    ['bare', { url: bare.primary.url, stop: async () => bare.stop() }],
    ['memory', memory],
    ['sqlite', startTandem('serve', 'sqlite')],
    ['dynamodb', startTandem('serve', 'dynamodb')],
    ['emulator', startTandem('emulator', 'memory')],
    ['miniflare', startPeer(process.execPath, join(PEERS, 'miniflare-node.mjs'), false)],
  ];
  if (await hasFlask()) started.push(['flask', startPeer('python3', join(PEERS, 'flask-node.py'), true)]);
  else console.log('Flask is not on this machine: it is left out. `python3 -m pip install flask requests` brings it.');
  return new Map(await Promise.all(started.map(async ([name, peer]) => [name, await peer] as const)));
}

/** From its own lock, which is no part of the project's: it is large, and nothing else needs it. */
async function installMiniflare(): Promise<void> {
  if (existsSync(join(PEERS, 'node_modules/miniflare'))) return;
  const npm = process.env.npm_execpath;
  if (npm === undefined) throw new Error('Run this by npm: `npm run bench -- peers`.');
  await promisify(execFile)(process.env.npm_node_execpath ?? 'node', [npm, 'ci'], { cwd: PEERS });
}

function hasFlask(): Promise<boolean> {
  return promisify(execFile)('python3', ['-c', 'import flask, requests']).then(
    () => true,
    () => false,
  );
}

interface Aim {
  readonly against: Name;
  readonly atLeast: number;
}

const AIMS: ReadonlyMap<string, Aim> = new Map([
  [idOf('memory', 'get', 16), { against: 'bare', atLeast: 0.7 }],
  [idOf('memory', 'get', 64), { against: 'bare', atLeast: 0.7 }],
  [idOf('memory', 'create', 16), { against: 'bare', atLeast: 1 }],
  [idOf('memory', 'create', 64), { against: 'bare', atLeast: 1.5 }],
  [idOf('sqlite', 'create', 64), { against: 'memory', atLeast: 0.5 }],
]);

function tableOf(names: readonly Name[], rates: Rates, connections: number): Table {
  const ratesOf = (name: Name, kind: Kind) => rates.get(idOf(name, kind, connections)) ?? [];
  return {
    title: `Side by side: ${connections} connections, each for ${SECONDS} s in turn, ${ROUNDS} rounds, medians`,
    rows: (Object.keys(KINDS) as Kind[]).flatMap((kind) =>
      names.map((name) => {
        const aim = AIMS.get(idOf(name, kind, connections));
        const against = aim?.against ?? 'bare';
        const measured = ratio(ratesOf(name, kind), ratesOf(against, kind));
        const toFlask = names.includes('flask') && name !== 'flask';
        return {
          request: KINDS[kind],
          of: NAMES[name],
          'requests/s': median(ratesOf(name, kind)),
          against: name === 'bare' ? '' : NAMES[against],
          ...(name === 'bare' ? BASE : aim ? judged(measured, { atLeast: aim.atLeast }) : unjudged(measured)),
          'to Flask': toFlask ? ratio(ratesOf(name, kind), ratesOf('flask', kind)).median.toFixed(1) : '',
        };
      }),
    ),
    notes: [
      'The ratio is of the rates, round by round. The load generator, and all nodes, share the machine.',
      "The bare pair gives Tandem's own answers, header by header; it has no store, no status and no check.",
      'Miniflare has no second node: its PUT is not replicated.',
      `Each PUT makes a new key with a value of ${VALUE_BYTES} bytes, and is answered once the other node has it; over SQLite and DynamoDB both have stored it for good.`,
    ],
  };
}

function pictureOf(names: readonly Name[], rates: Rates): string {
  const [, connections] = CONNECTIONS;
  const rateOf = (name: Name, kind: Kind) => median(rates.get(idOf(name, kind, connections)) ?? [0]);
  return barChart({
    title: `Requests a second, ${connections} connections, one machine`,
    series: Object.values(KINDS),
    rows: names.map((name) => ({ label: NAMES[name], values: [rateOf(name, 'get'), rateOf(name, 'create')] })),
  });
}
