// Pairs of nodes of this version and of 0.1 under one runner, in memory. They are filled from outside, by batches to the
// replica as the primary would send them, and killed and started again.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { withProtocol } from '../lib/peer/wire.ts';
import type { Role } from '../lib/role.ts';
import { ROOT } from '../scripts/build.ts';
import { handlersByRoute } from '../tests/support/handlers-by-route.ts';
import { freePorts } from '../tests/support/nodes.ts';
import { until } from '../tests/support/until.ts';
import { ARTIFACT, buildArtifact } from './artifact.ts';
import { PEER_TOKEN } from './nodes.ts';
import { type Toll, tollIn } from './toll.ts';
import { keyAt, valueAt } from './workload.ts';

export type Version = '0.1' | 'current';

export interface VersionedNode {
  readonly url: string;
  /** Resolves when it listens: a primary may be recovering, a replica being refilled. */
  start(): Promise<void>;
  /** SIGKILL. Resolves when the process is gone. */
  kill(): Promise<void>;
  /** SIGSTOP: it accepts connections and answers nothing. SIGCONT: it goes on. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
  /** What it cost since the start; its longest stall is since this was last asked. */
  toll(): Promise<Toll>;
}

export interface VersionedPair extends Readonly<Record<Role, VersionedNode>> {
  /** Gives the replica this many records of 100 bytes, as copies of what the primary holds. */
  fillReplica(keys: number): Promise<void>;
  stop(): Promise<void>;
}

const RUNNER = join(ROOT, 'tests/support/node-runner.ts');
const OLD_NODE = join(ROOT, 'tests/fixtures/node-0.1.mjs.gz');
const TOLL = join(import.meta.dirname, 'toll.ts');
const BATCH = 500;

/** Builds both versions. @returns the module of each, as a URL */
export async function buildVersions(): Promise<Record<Version, string>> {
  await buildArtifact();
  const old = join(ARTIFACT, 'node-0.1.mjs');
  const current = join(ARTIFACT, 'node.mjs');
  await writeFile(old, gunzipSync(await readFile(OLD_NODE)));
  const routes = JSON.stringify(Object.fromEntries(await handlersByRoute()));
  const load = "async (name) => (await import('./handlers/' + name + '.mjs')).handler";
  await writeFile(current, `export const routes = ${routes};\nexport const load = ${load};\n`);
  return { '0.1': pathToFileURL(old).href, current: pathToFileURL(current).href };
}

/** Both nodes, in sync. */
export async function startVersion(modules: Record<Version, string>, version: Version): Promise<VersionedPair> {
  const [primaryPort = 0, replicaPort = 0] = await freePorts(2);
  const replica = nodeOf(modules[version], 'replica', replicaPort, primaryPort);
  const primary = nodeOf(modules[version], 'primary', primaryPort, replicaPort);
  await replica.start();
  await primary.start();
  await until(async () => (await statusOf(primary)).inSync);
  return {
    primary,
    replica,
    async fillReplica(keys) {
      const { id: from, epoch, replica: known } = await statusOf(primary);
      const records = (first: number) =>
        Array.from({ length: Math.min(BATCH, keys - first) }, (_, i) => ({
          ...{ key: keyAt(first + i), value: valueAt(first + i) },
          ...{ epoch, version: 1, updatedAt: epoch },
        }));
      for (let first = 0; first < keys; first += BATCH) {
        const batch = { from, epoch, records: records(first) };
        const ofToday = withProtocol({ ...batch, to: known.id });
        await send(replica, version === '0.1' ? { ...batch, sentAt: Date.now() } : ofToday);
      }
    },
    stop: async () => void (await Promise.all([primary.kill(), replica.kill()])),
  };
}

export interface Status {
  readonly id: string;
  readonly state: string;
  readonly epoch: number;
  readonly keys: number;
  readonly inSync: boolean;
  readonly replica: { readonly id: string; readonly reachable: boolean | null; readonly state: string | null };
}

export async function statusOf({ url }: VersionedNode): Promise<Status> {
  return (await (await fetch(`${url}/status`)).json()) as Status;
}

async function send({ url }: VersionedNode, batch: object): Promise<void> {
  const headers = { authorization: `Bearer ${PEER_TOKEN}`, 'content-type': 'application/json' };
  const response = await fetch(`${url}/replicate`, { method: 'POST', headers, body: JSON.stringify(batch) });
  if (!response.ok) throw new Error(`POST /replicate answered ${response.status}: ${await response.text()}`);
  await response.arrayBuffer();
}

function nodeOf(module: string, role: Role, port: number, peerPort: number): VersionedNode {
  let child: ChildProcess;
  let output = '';
  const env = {
    ...{ PATH: process.env.PATH, IS_OFFLINE: 'true', LOG: 'silent', STORE: 'memory', MEMORY_LIMIT_MB: '4096' },
    ...{ ROLE: role, PEER_URL: `http://127.0.0.1:${peerPort}`, PEER_TOKEN },
  };
  return {
    url: `http://127.0.0.1:${port}`,
    async start() {
      const execArgv = ['--disable-warning=ExperimentalWarning', '--import', TOLL, '--max-old-space-size=4096'];
      child = fork(RUNNER, [module, `${port}`], { execArgv, env, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
      child.stdout?.on('data', (chunk) => {
        output = (output + chunk).slice(-10_000);
      });
      const ended = once(child, 'exit').then(() => {
        throw new Error(`The ${role} did not start:\n${output}`);
      });
      ended.catch(() => {});
      await Promise.race([once(child, 'message'), ended]);
    },
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
    signal: (signal) => void child.kill(signal),
    async toll() {
      const printed = once(child.stdout as NodeJS.EventEmitter, 'data');
      child.kill('SIGUSR2');
      return tollIn(`${(await printed)[0]}`);
    },
  };
}
