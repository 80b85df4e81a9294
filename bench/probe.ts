// Asks a node again and again without waiting for the answers, so that a node that stands still is noticed for as long as
// it does.
import { Agent, request } from 'node:http';
import { quantile } from './stats.ts';

export interface Probed {
  readonly asked: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** How often each answer came: `503`, or the code of an error of the network. */
  readonly answers: Readonly<Record<string, number>>;
  /** Answers 503 without the header Retry-After. */
  readonly withoutRetryAfter: number;
}

export interface Probe {
  /** Ends it. Resolves when all answers are there. */
  stop(): Promise<Probed>;
}

/** Of one request, in milliseconds: then it counts as an error. */
const LIMIT_MS = 30_000;

interface Answer {
  readonly code: string;
  readonly ms: number;
  readonly hasRetryAfter?: boolean;
}

/** @param everyMs how often one of the paths is asked for, in turn */
export function startProbe(url: string, paths: readonly string[], everyMs: number): Probe {
  const agent = new Agent({ keepAlive: true });
  const answers: Array<Promise<Answer>> = [];
  const timer = setInterval(() => {
    answers.push(askOnce(agent, url + paths[answers.length % paths.length]));
  }, everyMs);
  return {
    async stop() {
      clearInterval(timer);
      const found = await Promise.all(answers);
      agent.destroy();
      const ms = found.map((answer) => answer.ms);
      const counts = Map.groupBy(found, ({ code }) => code);
      return {
        asked: found.length,
        p99Ms: quantile(ms, 0.99),
        maxMs: Math.max(...ms),
        answers: Object.fromEntries([...counts].map(([code, each]) => [code, each.length])),
        withoutRetryAfter: found.filter(({ code, hasRetryAfter }) => code === '503' && !hasRetryAfter).length,
      };
    },
  };
}

function askOnce(agent: Agent, url: string): Promise<Answer> {
  const began = performance.now();
  return new Promise((resolve) => {
    const asked = request(url, { agent, timeout: LIMIT_MS });
    asked.on('timeout', () => asked.destroy(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' })));
    asked.on('error', ({ code = 'error' }: NodeJS.ErrnoException) => resolve({ code, ms: performance.now() - began }));
    asked.on('response', (response) => {
      response.resume();
      response.on('end', () =>
        resolve({
          code: `${response.statusCode}`,
          ms: performance.now() - began,
          hasRetryAfter: response.headers['retry-after'] !== undefined,
        }),
      );
    });
    asked.end();
  });
}
