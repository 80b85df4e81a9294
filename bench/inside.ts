// Loaded into the emulator's process before it starts (`node --import`): fills the node through its own PUT handler,
// which over HTTP would take many minutes, calls and times its handlers, and tells what the process uses.
import { join } from 'node:path';
import { ROOT } from '../scripts/build.ts';
import { loadHandler } from './artifact.ts';
import { microsecondsOf } from './call.ts';
import { below, CONNECTIONS, CONTEXT, getEvent, type Handler, keyAt, listEvent, putEvent } from './workload.ts';

export type Question =
  /** @param status of each answer */
  | { readonly fill: readonly [from: number, to: number]; readonly status?: number }
  | { readonly answerOf: 'get' | 'put'; readonly key: string }
  | { readonly memory: true }
  | { readonly cpu: true }
  | { readonly time: Timed; readonly keys: number };

/** Handlers that are called directly, inside the node. */
export type Timed = 'get' | 'put' | 'list';

/** What a handler returned. */
export type Answer = Awaited<ReturnType<Handler>>;

export interface Filled {
  /** Keys a second. */
  readonly rate: number;
}

export interface Memory {
  /** After a full collection: heap, and buffers outside of it. */
  readonly usedBytes: number;
  readonly residentBytes: number;
}

/** What the process has used so far. */
export interface CpuTime {
  readonly microseconds: number;
}

export interface CallTime {
  readonly microsecondsPerCall: number;
}

/** As many as one batch to the replica takes. */
const CONCURRENCY = 500;
/** Where serverless.yml's plugin builds: the handlers, and the store, of the node that runs here. */
const ARTIFACT_OF_NODES = join(ROOT, '.build/offline');

process.on('message', async (question: Question) => {
  process.send?.(await answer(question));
});
process.channel?.unref();

async function answer(question: Question): Promise<Filled | Answer | Memory | CpuTime | CallTime> {
  if ('time' in question) return time(question.time, question.keys);
  if ('cpu' in question) return { microseconds: process.cpuUsage().user + process.cpuUsage().system };
  if ('answerOf' in question) return answerOf(question.answerOf, question.key);
  return 'memory' in question ? memory() : fill(...question.fill, question.status);
}

async function answerOf(name: 'get' | 'put', key: string): Promise<Answer> {
  const handler = await loadHandler(name, ARTIFACT_OF_NODES);
  return handler(name === 'get' ? getEvent(key) : putEvent(key, 0), CONTEXT);
}

async function time(name: Timed, keys: number): Promise<CallTime> {
  const handler = await loadHandler(name, ARTIFACT_OF_NODES);
  const eventOf = {
    get: () => getEvent(keyAt(below(keys))),
    put: (i: number) => putEvent(keyAt(below(keys)), i),
    list: () => listEvent(keyAt(below(keys))),
  }[name];
  return { microsecondsPerCall: await microsecondsOf({ handler, eventOf, atOnce: name === 'put' ? CONNECTIONS : 1 }) };
}

async function fill(from: number, to: number, status = 201): Promise<Filled> {
  const put = await loadHandler('put', ARTIFACT_OF_NODES);
  let next = from;
  const started = performance.now();
  const write = async () => {
    for (let i = next++; i < to; i = next++) {
      const { statusCode, body } = await put(putEvent(keyAt(i), i), CONTEXT);
      if (statusCode !== status) throw new Error(`PUT answered ${statusCode}: ${body}`);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, write));
  return { rate: ((to - from) * 1000) / (performance.now() - started) };
}

async function memory(): Promise<Memory> {
  // Twice, with a turn of the event loop in between: the first may leave work for finalizers.
  for (let i = 0; i < 2; i++) {
    globalThis.gc?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { usedBytes: heapUsed + external, residentBytes: rss };
}
