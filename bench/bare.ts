// A bare pair of node:http servers: what answers over HTTP cost without Tandem.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { BareAnswer, BareOptions } from './bare-worker.ts';
import { ask } from './process.ts';
import { keyAt, put } from './workload.ts';

/** What a primary of Tandem answers, for the bare server to answer the same. */
export async function answersOf(url: string): Promise<Pick<BareOptions, 'get' | 'put'>> {
  const [read, written] = [await fetch(`${url}/key/${keyAt(0)}`), await put(url, `new-${keyAt(0)}`, 0)];
  return { get: await answerOf(read), put: await answerOf(written) };
}

/** Without what Node adds by itself. */
async function answerOf(response: Response): Promise<BareAnswer> {
  const headers = [...response.headers].filter(([name]) => !['date', 'connection', 'keep-alive'].includes(name));
  return { status: response.status, headers: Object.fromEntries(headers), body: await response.text() };
}

/** Two processes of bare-worker.ts, of which the primary sends each write to the other. */
export async function startBarePair(answers: Pick<BareOptions, 'get' | 'put'>) {
  const replica = await startBare(answers);
  const primary = await startBare({ ...answers, peer: replica.url });
  return {
    primary,
    stop() {
      primary.child.disconnect();
      replica.child.disconnect();
    },
  };
}

async function startBare(options: BareOptions) {
  const child: ChildProcess = fork(join(import.meta.dirname, 'bare-worker.ts'), [JSON.stringify(options)]);
  const [port] = await once(child, 'message');
  return {
    child,
    url: `http://127.0.0.1:${port}`,
    cpuTime: async () => (await ask<{ microseconds: number }>(child, {})).microseconds,
  };
}
