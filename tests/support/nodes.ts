// Real nodes for tests: `sls offline` processes on ports of their own.
import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { until } from './until.ts';

const ROOT = join(import.meta.dirname, '../..');
const SERVERLESS = join(ROOT, 'node_modules/serverless/bin/serverless.js');
const PORTS = ['PRIMARY_PORT', 'REPLICA_PORT', 'PRIMARY_LAMBDA_PORT', 'REPLICA_LAMBDA_PORT'];

export interface TestNode {
  readonly url: string;
  readonly pid: number;
  /** What the process has printed so far. */
  output(): string;
  /** Ends the process and waits until it is gone. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** Starts the same node again: in memory with nothing in its store. @param env variables that differ from now on */
  start(env?: Readonly<Record<string, string>>): Promise<void>;
}

export interface Pair {
  readonly primary: TestNode;
  readonly replica: TestNode;
  stop(): Promise<void>;
}

export interface NodeOptions {
  /** Whether the primary repairs every minute. Where it does not, whatever heals was healed by writes. */
  readonly isScheduled?: boolean;
}

/** Both nodes, ready to serve. @param env further environment variables of both, and ports that must be these */
export async function startPair(env: Readonly<Record<string, string>> = {}, options: NodeOptions = {}): Promise<Pair> {
  const shared = { ...(await ports()), ...env };
  const primary = node('primary', { ...shared }, options);
  const replica = node('replica', { ...shared }, options);
  await Promise.all([primary.start(), replica.start()]);
  return { primary, replica, stop: async () => void (await Promise.all([primary.stop(), replica.stop()])) };
}

/** One more primary of a replica that has one. @param env further environment variables */
export async function startPrimary(
  replicaUrl: string,
  env: Readonly<Record<string, string>> = {},
  options: NodeOptions = {},
): Promise<TestNode> {
  const primary = node('primary', { ...(await ports()), REPLICA_URL: replicaUrl, ...env }, options);
  await primary.start();
  return primary;
}

async function ports(): Promise<Record<string, string>> {
  const free = await freePorts(PORTS.length);
  return Object.fromEntries(PORTS.map((name, i) => [name, `${free[i]}`]));
}

/** Ports that are free now. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => new Promise((resolve) => server.once('listening', resolve))));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

function node(
  stage: 'primary' | 'replica',
  env: Record<string, string>,
  { isScheduled = true }: NodeOptions,
): TestNode {
  const url = `http://127.0.0.1:${env[`${stage.toUpperCase()}_PORT`]}`;
  const params = isScheduled ? [] : ['--param=repairs=false'];
  let child: ChildProcess | undefined;
  let output = '';

  return {
    url,
    get pid() {
      return child?.pid as number;
    },
    output: () => output,
    async start(differing = {}) {
      Object.assign(env, differing);
      child = spawn(process.execPath, [SERVERLESS, 'offline', '--stage', stage, ...params], {
        cwd: ROOT,
        env: { ...process.env, SLS_LOG_LEVEL: 'warning', ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk));
      const started = child;
      await until(async () => {
        if (started.exitCode !== null) throw new Error(`The ${stage} did not start:\n${output}`);
        return (await fetch(`${url}/healthz`)).ok;
      });
    },
    async stop(signal = 'SIGTERM') {
      const ending = child;
      if (ending === undefined || ending.exitCode !== null || ending.signalCode !== null) return;
      const gone = new Promise((resolve) => ending.once('exit', resolve));
      ending.kill(signal);
      await gone;
    },
  };
}
