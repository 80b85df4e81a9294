// Nodes of this version and of 0.1 side by side: real processes on ports of their own, which can be ended and started again
// as the other version. Over DynamoDB a node finds its table again; in memory it starts with nothing.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';
import type { Role } from '../../lib/role.ts';
import { copyArtifact } from './built.ts';
import type { TestDynamoDb } from './dynamodb.ts';
import { handlersByRoute } from './handlers-by-route.ts';
import { freePorts } from './nodes.ts';
import { until } from './until.ts';

export type Version = '0.1' | 'current';

export interface VersionedNode {
  readonly url: string;
  readonly version: Version;
  /** @param body sent as JSON @param headers further ones; see `AS_PEER` */
  call(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  /** Waits until `GET /healthz` is 200. */
  untilServing(): Promise<void>;
  /** What the schedule does every minute; nothing else calls it here. */
  repairAsScheduled(): Promise<void>;
  /** What the process has printed so far. */
  output(): string;
  /** Kills the process and waits until it is gone. */
  stop(): Promise<void>;
  /** Kills the process, if it runs, and starts the node again at the same URL. */
  restart(version?: Version): Promise<void>;
}

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape
  readonly body: any;
}

export interface VersionedPair extends Readonly<Record<Role, VersionedNode>> {
  /** Waits until the primary says that nothing is owed and nothing differs; it repairs as scheduled meanwhile. */
  untilInSync(): Promise<void>;
  stop(): Promise<void>;
}

const TOKEN = 'token-of-both-versions';
/** What a node shows the other one. */
export const AS_PEER = { authorization: `Bearer ${TOKEN}` };

const RUNNER = join(import.meta.dirname, 'node-runner.ts');
const OLD_NODE = join(import.meta.dirname, '../fixtures/node-0.1.mjs.gz');

/**
 * Both nodes, listening: a primary may be recovering yet.
 * @param dynamodb where their tables are; absent: they are in memory
 */
export async function startVersions(
  versions: Readonly<Record<Role, Version>>,
  dynamodb?: TestDynamoDb,
): Promise<VersionedPair> {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-versions-'));
  const modules = await modulesIn(folder);
  const [primaryPort = 0, replicaPort = 0] = await freePorts(2);
  const node = async (role: Role, port: number, peerPort: number) =>
    startNode(modules, versions[role], port, {
      ROLE: role,
      PEER_URL: `http://127.0.0.1:${peerPort}`,
      ...(dynamodb ? await durable(dynamodb) : { STORE: 'memory' }),
    });
  const replica = await node('replica', replicaPort, primaryPort);
  const primary = await node('primary', primaryPort, replicaPort);
  return {
    primary,
    replica,
    untilInSync: async () =>
      void (await until(async () => {
        await primary.repairAsScheduled();
        return (await primary.call('GET', '/status')).body.inSync;
      })),
    async stop() {
      await Promise.all([primary.stop(), replica.stop()]);
      await rm(folder, { recursive: true });
    },
  };
}

/** The module of each version, as a URL. */
async function modulesIn(folder: string): Promise<Record<Version, string>> {
  const old = join(folder, 'node-0.1.mjs');
  await writeFile(old, gunzipSync(await readFile(OLD_NODE)));
  await copyArtifact(folder);
  const current = join(folder, 'node.mjs');
  const routes = Object.fromEntries(await handlersByRoute());
  await writeFile(
    current,
    `export const routes = ${JSON.stringify(routes)};
     export const load = async (name) => (await import(\`./handlers/\${name}.mjs\`)).handler;`,
  );
  return { '0.1': pathToFileURL(old).href, current: pathToFileURL(current).href };
}

/** A table of its own. */
async function durable({ endpoint, region, credentials, createTable }: TestDynamoDb): Promise<Record<string, string>> {
  return {
    STORE: 'dynamodb',
    TABLE_NAME: await createTable(),
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_ENDPOINT_URL_DYNAMODB: endpoint,
  };
}

async function startNode(
  modules: Record<Version, string>,
  version: Version,
  port: number,
  env: Record<string, string>,
): Promise<VersionedNode> {
  const url = `http://127.0.0.1:${port}`;
  let running: Version = version;
  let child: ChildProcess | undefined;
  let output = '';

  async function start(): Promise<void> {
    child = fork(RUNNER, [modules[running], `${port}`], {
      execArgv: ['--disable-warning=ExperimentalWarning'],
      env: { PATH: process.env.PATH, IS_OFFLINE: 'true', PEER_TOKEN: TOKEN, ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk));
    await message(child);
  }

  async function stop(): Promise<void> {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  /** The next message of a process. @throws Error when it ends instead */
  async function message(from: ChildProcess): Promise<{ readonly error?: string }> {
    const end = new AbortController();
    try {
      const [content] = await Promise.race([
        once(from, 'message', { signal: end.signal }),
        once(from, 'exit', { signal: end.signal }).then(() => {
          throw new Error(`The process of ${url} ended:\n${output}`);
        }),
      ]);
      return content;
    } finally {
      end.abort();
    }
  }

  await start();
  return {
    url,
    get version() {
      return running;
    },
    async call(method, path, body, headers = {}) {
      const json = body === undefined ? {} : { 'content-type': 'application/json' };
      const answer = await fetch(url + path, {
        method,
        headers: { ...json, ...headers },
        body: body === undefined ? null : JSON.stringify(body),
      });
      const text = await answer.text();
      return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) };
    },
    untilServing: async () => void (await until(async () => (await fetch(`${url}/healthz`)).ok)),
    async repairAsScheduled() {
      if (!child) throw new Error(`The node at ${url} is not running.`);
      const done = message(child);
      child.send('repair');
      const { error } = await done;
      if (error !== undefined) throw new Error(error);
    },
    output: () => output,
    stop,
    async restart(next = running) {
      await stop();
      running = next;
      await start();
    },
  };
}
