// Puts load on a node over HTTP, from a process of its own.
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { ask } from './process.ts';

export interface Load {
  readonly url: string;
  /** `put` replaces a key that there is, `create` makes one. */
  readonly kind: 'get' | 'put' | 'create' | 'list';
  /** How many keys there are (`keyAt(0)` and on): each request takes one at random. */
  readonly keys: number;
  readonly seconds: number;
  /** Absent: 16. */
  readonly connections?: number;
  /** A write that is not replicated counts as well. */
  readonly mayBePending?: boolean;
}

export interface Figures {
  /** Requests a second. */
  readonly rate: number;
  readonly requests: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** The key that `create` made last. It may be under way still. */
  readonly lastCreated: string;
}

export interface LoadGenerator {
  /** @throws Error when any request failed, or got another answer than it should */
  run(load: Load): Promise<Figures>;
  stop(): void;
}

export function startLoadGenerator(): LoadGenerator {
  const worker = fork(join(import.meta.dirname, 'load-worker.ts'), { execArgv: [] });
  return {
    async run(load) {
      const { figures, error } = await ask<{ figures?: Figures; error?: string }>(worker, load);
      if (figures === undefined) throw new Error(error);
      return figures;
    },
    stop: () => worker.disconnect(),
  };
}
