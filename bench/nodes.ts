// The nodes that are measured. Logs are silent unless `env` says otherwise. What they print is read and kept, as
// `npm start` does.
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from '../scripts/build.ts';
import { freePorts } from '../tests/support/nodes.ts';
import { until } from '../tests/support/until.ts';
import type { CpuTime } from './inside.ts';
import { ask, stop } from './process.ts';

const SERVE = join(ROOT, 'scripts/serve.ts');
const SERVERLESS = join(ROOT, 'node_modules/serverless/bin/serverless.js');
const INSIDE = join(import.meta.dirname, 'inside.ts');
const START_LIMIT_MS = 60_000;

export interface MeasuredNode {
  readonly url: string;
  /** Asks inside.ts, which runs in the node's process. */
  ask<Answer>(message: object): Promise<Answer>;
  /** Microseconds of processor time that the process has used so far. */
  cpuTime(): Promise<number>;
  /** SIGSTOP: it accepts connections and never answers. SIGCONT: it goes on. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
  stop(): Promise<void>;
  /** Starts it again after `stop`, with nothing in its store. Resolves once it serves. */
  start(): Promise<void>;
}

export interface MeasuredPair {
  readonly primary: MeasuredNode;
  readonly replica: MeasuredNode;
  stop(): Promise<void>;
}

interface NodeOptions {
  /** Of its serverless.yml. */
  readonly directory: string;
  readonly stage: 'primary' | 'replica';
  readonly port: number;
  readonly env: Readonly<Record<string, string>>;
}

export const PEER_TOKEN = 'bench';

/** Both nodes of Tandem, under the emulator. @param env further environment variables of both */
export function startPair(env: Record<string, string> = {}): Promise<MeasuredPair> {
  return pairOf(env, startNode);
}

/** Both nodes of Tandem, of `npm run serve`. @param env further environment variables of both */
export function startServedPair(env: Record<string, string> = {}): Promise<MeasuredPair> {
  return pairOf(env, (options) => startProcess({ ...options, command: [SERVE, '--role', options.stage] }));
}

async function pairOf(
  env: Record<string, string>,
  start: (options: NodeOptions) => Promise<MeasuredNode>,
): Promise<MeasuredPair> {
  const [primaryPort, replicaPort] = (await freePorts(2)) as [number, number];
  const all = {
    PRIMARY_PORT: `${primaryPort}`,
    REPLICA_PORT: `${replicaPort}`,
    PEER_TOKEN,
    STORE: 'memory',
    ...env,
  };
  const [primary, replica] = await Promise.all([
    start({ directory: ROOT, stage: 'primary', port: primaryPort, env: all }),
    start({ directory: ROOT, stage: 'replica', port: replicaPort, env: all }),
  ]);
  return { primary, replica, stop: async () => void (await Promise.all([primary.stop(), replica.stop()])) };
}

/** Both nodes say that a key was replicated. The load ends in mid-request, so the last write may still be under way. */
export async function assertReplicated({ primary, replica }: MeasuredPair, key: string): Promise<void> {
  await until(async () => {
    const status = (await (await fetch(`${primary.url}/status/${key}`)).json()) as { status: string };
    return status.status === 'replicated' && (await fetch(`${replica.url}/key/${key}`)).ok;
  });
}

/** One emulator, once it serves. */
export function startNode(options: NodeOptions): Promise<MeasuredNode> {
  return startProcess({ ...options, command: [SERVERLESS, 'offline', '--stage', options.stage] });
}

/** @param command what Node runs */
async function startProcess(options: NodeOptions & { readonly command: readonly string[] }): Promise<MeasuredNode> {
  const { directory, stage, port, env, command } = options;
  const url = `http://127.0.0.1:${port}`;
  let child: ChildProcess;
  let output: () => string;
  const start = async () => {
    child = spawn(process.execPath, ['--expose-gc', '--import', INSIDE, ...command], {
      cwd: directory,
      env: { ...process.env, SLS_LOG_LEVEL: 'warning', LOG: 'silent', ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    output = outputOf(child);
    await until(async () => {
      if (child.exitCode !== null) throw new Error(`${directory} (${stage}) did not start:\n${output()}`);
      return (await fetch(`${url}/healthz`)).ok;
    }, START_LIMIT_MS);
  };
  await start();
  return {
    url,
    ask: <Answer>(message: object) =>
      ask<Answer>(child, message).catch((error) => {
        throw new Error(`${stage}: ${error.message}\n${output()}`);
      }),
    cpuTime: async () => (await ask<CpuTime>(child, { cpu: true })).microseconds,
    signal: (signal) => void child.kill(signal),
    stop: () => stop(child),
    start,
  };
}

/** The last it has printed. It must be read, or the process would wait. */
function outputOf(child: ChildProcess): () => string {
  let output = '';
  const keep = (chunk: Buffer) => {
    output = (output + chunk).slice(-10_000);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  return () => output;
}
