// Runs the command `tandem` as a process of its own, as a shell does, but without one: so on every system alike.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Pair } from './nodes.ts';

const COMMAND = join(import.meta.dirname, '../../bin/tandem.js');
/** What the shell of these tests has of its settings is not meant for the command. */
const ENVIRONMENT = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TANDEM_')));

export interface Ran {
  /** The exit code; `null`: a signal has ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** The standard input; none unless given. */
  readonly input?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
}

/** The command with the addresses of a pair in its environment. */
export class Tandem {
  readonly #env: Readonly<Record<string, string>>;

  constructor({ primary, replica }: Pick<Pair, 'primary' | 'replica'>) {
    this.#env = { TANDEM_PRIMARY: primary.url, TANDEM_REPLICA: replica.url };
  }

  /** Runs it until it ends. */
  run(args: readonly string[], { input, env }: RunOptions = {}): Promise<Ran> {
    return runTandem(args, { ...(input !== undefined && { input }), env: { ...this.#env, ...env } });
  }

  /** Runs it, and fails where it does. @returns what it printed, each line parsed */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into lines of every shape
  async lines(...args: string[]): Promise<any[]> {
    const { code, stdout, stderr } = await this.run(args);
    if (code !== 0) throw new Error(`tandem ${args.join(' ')} ended with ${code}: ${stderr}`);
    return linesIn(stdout);
  }

  start(...args: string[]): Running {
    return startTandem(args, this.#env);
  }
}

export async function runTandem(args: readonly string[], { input = '', env = {} }: RunOptions = {}): Promise<Ran> {
  const { process: child } = startTandem(args, env);
  // It may end without reading.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code, stdout, stderr };
}

/** One that goes on. */
export interface Running {
  readonly process: ChildProcessWithoutNullStreams;
  stdout(): string;
  stderr(): string;
  /** Resolves once it is gone. */
  stop(signal: NodeJS.Signals): Promise<void>;
  /** Resolves to its exit code. */
  readonly ended: Promise<number | null>;
}

export function startTandem(args: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
  const child = spawn(process.execPath, [COMMAND, ...args], { env: { ...ENVIRONMENT, ...env } });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (chunk) => (stdout += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk) => (stderr += chunk));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return {
    process: child,
    stdout: () => stdout,
    stderr: () => stderr,
    async stop(signal) {
      child.kill(signal);
      await ended;
    },
    ended,
  };
}

// biome-ignore lint/suspicious/noExplicitAny: tests look into lines of every shape
export function linesIn(output: string): any[] {
  return output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}
