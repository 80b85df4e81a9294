// `npm start` and its parts, each in a process of its own, as a user runs them.
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { freePorts } from './nodes.ts';
import { until } from './until.ts';

const ROOT = join(import.meta.dirname, '../..');

export const PORT_NAMES = ['PRIMARY_PORT', 'REPLICA_PORT', 'CONSOLE_PORT'] as const;

/** For what is the launcher's own, whatever runs the nodes: they start in a tenth of the time. */
export const FAST = '--fast';

export type Ports = Readonly<Record<(typeof PORT_NAMES)[number], string>>;

export interface Started {
  readonly child: ChildProcess;
  /** What it has printed so far. */
  output: string;
}

const running: Started[] = [];

/** @param names of parts, none: all; and `FAST` */
export function start(env: Readonly<Record<string, string>>, ...names: string[]): Started {
  return run('scripts/start.ts', names, env);
}

/** @param args as one gives them to `npx sls` */
export function sls(args: readonly string[], env: Readonly<Record<string, string>>): Started {
  return run('node_modules/serverless/bin/serverless.js', args, env);
}

function run(script: string, args: readonly string[], env: Readonly<Record<string, string>>): Started {
  const child = spawn(process.execPath, [join(ROOT, script), ...args], { cwd: ROOT, env: { ...process.env, ...env } });
  const started = { child, output: '' };
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (started.output += chunk));
  running.push(started);
  return started;
}

/** Ends, without waiting, whatever was started and is still there. */
export function stopStarted(): void {
  for (const { child } of running.splice(0)) child.kill('SIGTERM');
}

export async function freeEnv(): Promise<Ports> {
  const ports = await freePorts(PORT_NAMES.length);
  return Object.fromEntries(PORT_NAMES.map((name, i) => [name, `${ports[i]}`])) as Ports;
}

export function untilRunning(started: Started): Promise<boolean> {
  return until(() => {
    if (started.child.exitCode !== null) throw new Error(`It has ended:\n${started.output}`);
    return started.output.includes('Tandem is running');
  });
}

/** Waits until it has ended. @returns its exit code */
export async function ended({ child }: Started): Promise<number | null> {
  await until(() => child.exitCode !== null || child.signalCode !== null);
  return child.exitCode;
}
