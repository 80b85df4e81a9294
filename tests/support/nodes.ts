// Real nodes for tests, on ports of their own: `sls offline` processes, or those of scripts/serve.ts.
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { freePorts } from '../../nodes/free-ports.ts';
import { COMPILE_CACHE } from '../../scripts/root.ts';
import { until } from './until.ts';

export { freePorts };

const ROOT = join(import.meta.dirname, '../..');
const SERVERLESS = join(ROOT, 'node_modules/serverless/bin/serverless.js');
const SERVE = join(ROOT, 'scripts/serve.ts');
const PORTS = ['PRIMARY_PORT', 'REPLICA_PORT'];
/** What the shell has of them is not meant for these nodes. */
const NO_TOKENS = { WRITE_TOKEN: '', READ_TOKEN: '', PEER_TOKEN: '' };
const NO_OPTIONS = {
  STORE: 'memory',
  PORT: '',
  PEER_URL: '',
  LISTEN_HOST: '',
  ALLOWED_HOSTS: '',
  TLS_CERT_FILE: '',
  TLS_KEY_FILE: '',
  ARTIFACT: '',
};

export interface TestNode {
  readonly url: string;
  readonly pid: number;
  /** What the process has printed so far. */
  output(): string;
  /** Of the process that ran last; `null` where a signal has ended it, or it runs still. */
  exitCode(): number | null;
  /** Ends the process and waits until it is gone. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** Starts the same node again: in memory with nothing in its store. @param env variables that differ from now on */
  start(env?: Readonly<Record<string, string>>): Promise<void>;
  /** Starts it again like `start`, and resolves as soon as it answers at all: a primary may be recovering then. */
  launch(env?: Readonly<Record<string, string>>): Promise<void>;
}

export interface Pair {
  readonly primary: TestNode;
  readonly replica: TestNode;
  stop(): Promise<void>;
}

export interface NodeOptions {
  /** Whether the nodes do every minute what they do then. Where it does not, whatever heals was healed by writes. */
  readonly isScheduled?: boolean;
  /** Serve with scripts/serve.ts. Absent: the emulator. */
  readonly serve?: {
    /** The folder of the built artifact. Absent: the script's own. */
    readonly artifact?: string;
  };
}

/** Both nodes, ready to serve. @param env further environment variables of both, and ports that must be these */
export async function startPair(env: Readonly<Record<string, string>> = {}, options: NodeOptions = {}): Promise<Pair> {
  const shared = { ...NO_TOKENS, ...(await ports()), ...env };
  const primary = node('primary', { ...shared }, options);
  const replica = node('replica', { ...shared }, options);
  const stop = async () => void (await Promise.all([primary.stop(), replica.stop()]));
  try {
    await Promise.all([primary.start(), replica.start()]);
  } catch (error) {
    await stop();
    throw error;
  }
  return { primary, replica, stop };
}

/** One more primary of a replica that has one. @param env further environment variables */
export async function startPrimary(
  replicaUrl: string,
  env: Readonly<Record<string, string>> = {},
  options: NodeOptions = {},
): Promise<TestNode> {
  const primary = await anotherPrimary(replicaUrl, env, options);
  await primary.start();
  return primary;
}

/** The same, as soon as it answers at all: it may be recovering. */
export async function launchPrimary(
  replicaUrl: string,
  env: Readonly<Record<string, string>> = {},
  options: NodeOptions = {},
): Promise<TestNode> {
  const primary = await anotherPrimary(replicaUrl, env, options);
  await primary.launch();
  return primary;
}

async function anotherPrimary(
  replicaUrl: string,
  env: Readonly<Record<string, string>>,
  options: NodeOptions,
): Promise<TestNode> {
  return node('primary', { ...NO_TOKENS, ...(await ports()), REPLICA_URL: replicaUrl, ...env }, options);
}

async function ports(): Promise<Record<string, string>> {
  const free = await freePorts(PORTS.length);
  return Object.fromEntries(PORTS.map((name, i) => [name, `${free[i]}`]));
}

function node(stage: 'primary' | 'replica', env: Record<string, string>, options: NodeOptions): TestNode {
  const url = `http://127.0.0.1:${env[`${stage.toUpperCase()}_PORT`]}`;
  let child: ChildProcess | undefined;
  let output = '';

  return {
    url,
    get pid() {
      return child?.pid as number;
    },
    output: () => output,
    exitCode: () => child?.exitCode ?? null,
    async start(differing) {
      await this.launch(differing);
      await until(async () => {
        if (hasEnded(child)) throw new Error(`The ${stage} did not start:\n${output}`);
        return (await fetch(`${url}/healthz`)).ok;
      });
    },
    async launch(differing = {}) {
      Object.assign(env, differing);
      child = spawn(process.execPath, commandOf(stage, options), {
        cwd: ROOT,
        env: {
          ...process.env,
          SLS_LOG_LEVEL: 'warning',
          LOG: 'silent',
          // As under `npm start`.
          NODE_COMPILE_CACHE: COMPILE_CACHE,
          ...(options.serve && NO_OPTIONS),
          SCHEDULE: options.isScheduled === false ? 'off' : 'on',
          ...env,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk));
      const started = child;
      await until(async () => {
        if (hasEnded(started)) throw new Error(`The ${stage} did not start:\n${output}`);
        return (await fetch(`${url}/healthz`)).status > 0;
      });
    },
    async stop(signal = 'SIGTERM') {
      const ending = child;
      if (ending === undefined || hasEnded(ending)) return;
      const gone = new Promise((resolve) => ending.once('exit', resolve));
      ending.kill(signal);
      await gone;
    },
  };
}

function commandOf(stage: 'primary' | 'replica', { serve }: NodeOptions): string[] {
  if (serve) return [SERVE, '--role', stage, ...(serve.artifact === undefined ? [] : ['--artifact', serve.artifact])];
  return [SERVERLESS, 'offline', '--stage', stage];
}

function hasEnded(child: ChildProcess | undefined): boolean {
  return child !== undefined && (child.exitCode !== null || child.signalCode !== null);
}
