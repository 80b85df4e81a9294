// The emulators that are measured: Tandem's nodes, and the empty handler under the same emulator. Logs are silent
// unless `env` says otherwise. What they print is read and kept, as `npm start` does.
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from '../scripts/build.ts';
import { freePorts } from '../tests/support/nodes.ts';
import { until } from '../tests/support/until.ts';
import { ARTIFACT } from './artifact.ts';
import type { CpuTime } from './inside.ts';
import { ask, stop } from './process.ts';

const SERVERLESS = join(ROOT, 'node_modules/serverless/bin/serverless.js');
const INSIDE = join(import.meta.dirname, 'inside.ts');
const START_LIMIT_MS = 60_000;

export interface MeasuredNode {
  readonly url: string;
  /** Asks inside.ts, which runs in the node's process. */
  ask<Answer>(message: object): Promise<Answer>;
  /** Microseconds of processor time that the process has used so far. */
  cpuTime(): Promise<number>;
  stop(): Promise<void>;
}

export interface MeasuredPair {
  readonly primary: MeasuredNode;
  readonly replica: MeasuredNode;
  stop(): Promise<void>;
}

/** Both nodes of Tandem. @param env further environment variables of both */
export async function startPair(env: Record<string, string> = {}): Promise<MeasuredPair> {
  const [primaryPort, replicaPort, primaryLambda, replicaLambda] = (await freePorts(4)) as [
    number,
    number,
    number,
    number,
  ];
  const all = {
    PRIMARY_PORT: `${primaryPort}`,
    REPLICA_PORT: `${replicaPort}`,
    PRIMARY_LAMBDA_PORT: `${primaryLambda}`,
    REPLICA_LAMBDA_PORT: `${replicaLambda}`,
    ...env,
  };
  const [primary, replica] = await Promise.all([
    startNode(ROOT, 'primary', primaryPort, '/healthz', all),
    startNode(ROOT, 'replica', replicaPort, '/healthz', all),
  ]);
  return { primary, replica, stop: async () => void (await Promise.all([primary.stop(), replica.stop()])) };
}

/** The empty handler. `buildArtifact` must have run. */
export async function startEmpty(): Promise<MeasuredNode> {
  const [port, lambdaPort] = (await freePorts(2)) as [number, number];
  const env = { EMPTY_PORT: `${port}`, EMPTY_LAMBDA_PORT: `${lambdaPort}`, EMPTY_LOCATION: ARTIFACT };
  return startNode(join(import.meta.dirname, 'empty'), 'primary', port, '/key/any', env);
}

async function startNode(
  directory: string,
  stage: string,
  port: number,
  path: string,
  env: Record<string, string>,
): Promise<MeasuredNode> {
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(process.execPath, ['--expose-gc', '--import', INSIDE, SERVERLESS, 'offline', '--stage', stage], {
    cwd: directory,
    env: { ...process.env, SLS_LOG_LEVEL: 'warning', LOG: 'silent', ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const output = outputOf(child);
  await until(async () => {
    if (child.exitCode !== null) throw new Error(`${directory} (${stage}) did not start:\n${output()}`);
    return (await fetch(url + path)).ok;
  }, START_LIMIT_MS);
  return {
    url,
    ask: (message) => ask(child, message),
    cpuTime: async () => (await ask<CpuTime>(child, { cpu: true })).microseconds,
    stop: () => stop(child),
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
