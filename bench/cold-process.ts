// One cold start: a fresh process that loads a handler and calls it until it answers.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

export interface Start {
  /** From the process's creation to its answer. */
  readonly wholeMs: number;
  readonly importMs: number;
  readonly firstCallMs: number;
}

/** What is started, and how. */
export interface Cold {
  /** Of the built handler. */
  readonly file: string;
  readonly event: object;
  /** All of it: nothing is added. */
  readonly env: NodeJS.ProcessEnv;
}

/** Not let in, or stored here but not replicated. */
const UNFIT = [401, 403, 202];

/**
 * A replica that has not been filled yet answers 503 for a key that it does not hold: that is an answer.
 * @throws Error when it answers 5xx otherwise, is not let in, does not replicate, or does not answer at all
 */
export async function startCold(cold: Cold): Promise<Start> {
  const { wholeMs, answer } = await run<{ status?: number; isRefilling?: boolean } & Omit<Start, 'wholeMs'>>(
    cold,
    'cold-start-worker.mjs',
  );
  const { status, isRefilling, importMs, firstCallMs } = answer;
  if (status !== undefined && ((status >= 500 && !isRefilling) || UNFIT.includes(status)))
    throw new Error(`${cold.file} answered ${status}.`);
  return { wholeMs, importMs, firstCallMs };
}

/**
 * Runs the worker, which prints its answer as the last line, after what the handler logs.
 * @returns the answer, and the milliseconds from the process's creation to it
 */
export async function run<Answer>(
  { file, event, env }: Cold,
  worker: string,
): Promise<{ wholeMs: number; answer: Answer }> {
  const started = performance.now();
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, worker), pathToFileURL(file).href, JSON.stringify(event)],
    { env, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let text = '';
  let wholeMs = 0;
  child.stdout.on('data', (chunk) => {
    text += chunk;
    wholeMs = performance.now() - started;
  });
  await new Promise((resolve) => child.on('close', resolve));
  const last = text.slice(text.lastIndexOf('\n') + 1);
  if (!last.startsWith('{')) throw new Error(`${file} ended without an answer:\n${text}`);
  return { wholeMs, answer: JSON.parse(last) };
}
