// A bounded number of clients that write, delete and write conditionally on the primary, and remember every answer.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Pair, startPair } from './nodes.ts';
import { until } from './until.ts';

/** Requests that are under way at a time. */
export const CLIENTS = 8;
const KEYS = 200;
/** Whoever forgets to stop it: it ends by itself. */
const MAX_WRITES = 50_000;
const MAX_MS = 600_000;
/** Of each client between two requests: the load leaves the processor to the nodes. */
const PAUSE_MS = 20;
const REQUEST_LIMIT_MS = 60_000;

/** A write that was answered with success. Times are those of `performance.now()`. */
export interface Write {
  readonly key: string;
  readonly status: 200 | 201 | 202;
  readonly replication: 'replicated' | 'pending' | 'replication_failed';
  /** Why it is not replicated. */
  readonly error?: string | undefined;
  readonly epoch: number;
  readonly version: number;
  readonly etag: string;
  /** Absent: it was a deletion. */
  readonly value?: string;
  /** The tag in `If-Match`, if it had one. */
  readonly replaces?: string;
  readonly startedAt: number;
  readonly answeredAt: number;
}

/** A request without an answer, so that nobody knows what became of it; or one that was refused for the moment. */
export interface Failure {
  readonly reason: string;
  readonly at: number;
}

export interface Load {
  readonly writes: readonly Write[];
  readonly failures: readonly Failure[];
  /**
   * Waits for what is under way. Can be called again.
   * @throws Error when there was an answer that no client should get
   */
  stop(): Promise<void>;
}

/** The node has just started; or its store does not answer, and then the write may have been done all the same. */
const FOR_THE_MOMENT: ReadonlyArray<string | undefined> = ['recovering', 'store_unavailable'];

export interface LoadOptions {
  readonly keys?: number;
  /** Of each client between two requests. */
  readonly pauseMs?: number;
}

interface Attempt {
  readonly key: string;
  readonly value?: string;
  readonly condition?: Readonly<Record<string, string>>;
}

/** Of a write, or of a refusal. */
interface Body extends Pick<Write, 'epoch' | 'version' | 'error'> {
  readonly status: Write['replication'];
  readonly code?: string;
}

/** Its keys are `load-0` to `load-199`, or fewer, whatever was written to them before. */
export function startLoad(primaryUrl: string, { keys = KEYS, pauseMs = PAUSE_MS }: LoadOptions = {}): Load {
  const writes: Write[] = [];
  const failures: Failure[] = [];
  const unexpected: string[] = [];
  const newest = new Map<string, Write>();
  const end = performance.now() + MAX_MS;
  let stopped = false;
  let count = 0;

  async function client(): Promise<void> {
    while (!stopped && count < MAX_WRITES && performance.now() < end) {
      await request(nextAttempt());
      await sleep(pauseMs);
    }
  }

  function nextAttempt(): Attempt {
    const key = `load-${Math.floor(Math.random() * keys)}`;
    const kind = Math.random();
    const known = newest.get(key);
    if (kind < 0.1) return { key };
    const value = `value ${++count}`;
    if (kind < 0.2) return { key, value, condition: { 'if-none-match': '*' } };
    if (kind < 0.4 && known) return { key, value, condition: { 'if-match': known.etag } };
    return { key, value };
  }

  async function request(attempt: Attempt): Promise<void> {
    const startedAt = performance.now();
    try {
      const response = await send(primaryUrl, attempt);
      const body = (await response.json()) as Body;
      if (response.ok) keep(attempt, response, body, startedAt);
      else if (response.status === 503 && FOR_THE_MOMENT.includes(body.code)) fail(body.code as string);
      else if (!isExpected(attempt, response.status)) unexpected.push(`${response.status} ${JSON.stringify(body)}`);
    } catch (error) {
      const { cause, message } = error as Error & { cause?: { code?: string } };
      fail(cause?.code ?? message);
    }
  }

  function fail(reason: string): void {
    failures.push({ reason, at: performance.now() });
  }

  function keep({ key, value, condition }: Attempt, response: Response, body: Body, startedAt: number): void {
    const { status: replication, error, epoch, version } = body;
    const replaces = condition?.['if-match'];
    const write: Write = {
      ...{ key, replication, epoch, version, startedAt, answeredAt: performance.now() },
      status: response.status as Write['status'],
      etag: response.headers.get('etag') as string,
      error,
      ...(value !== undefined && { value }),
      ...(replaces !== undefined && { replaces }),
    };
    writes.push(write);
    newest.set(key, write);
    const problem = problemOf(write);
    if (problem) unexpected.push(`${problem}: ${JSON.stringify(write)}`);
  }

  const clients = Array.from({ length: CLIENTS }, client);
  return {
    writes,
    failures,
    async stop() {
      stopped = true;
      await Promise.all(clients);
      if (unexpected.length > 0) throw new Error(`Answers nobody should get:\n${unexpected.slice(0, 10).join('\n')}`);
    },
  };
}

/** Goes on writing, one at a time, until the primary says that both nodes are the same. */
export async function writeUntilInSync(primaryUrl: string): Promise<void> {
  await until(async () => {
    await send(primaryUrl, { key: 'after-the-load', value: 'next' });
    return ((await (await fetch(`${primaryUrl}/status`)).json()) as { inSync: boolean }).inSync;
  });
}

/**
 * Both nodes, in sync. Before they are, a primary that was up before its replica does not know what is absent, and refuses to delete it:
 * a load would count that as failures.
 */
export async function startPairInSync(...given: Parameters<typeof startPair>): Promise<Pair> {
  const nodes = await startPair(...given);
  await writeUntilInSync(nodes.primary.url);
  return nodes;
}

function send(primaryUrl: string, { key, value, condition }: Attempt): Promise<Response> {
  return fetch(`${primaryUrl}/key/${key}`, {
    signal: AbortSignal.timeout(REQUEST_LIMIT_MS),
    ...(value === undefined
      ? { method: 'DELETE' }
      : {
          method: 'PUT',
          headers: { 'content-type': 'application/json', ...condition },
          body: JSON.stringify({ value }),
        }),
  });
}

/** Nothing to delete; or a condition that does not hold. */
function isExpected({ value, condition }: Attempt, status: number): boolean {
  return (value === undefined && status === 404) || (condition !== undefined && status === 412);
}

function problemOf({ status, replication, error, epoch, version, etag }: Write): string | undefined {
  if ((status === 202) === (replication === 'replicated')) return 'the status code contradicts the status';
  if ((error === undefined) !== (replication === 'replicated')) return 'a reason is missing, or one too many';
  return etag === `"${epoch}-${version}"` ? undefined : 'the tag is not the stamp';
}

/** Waits until there are `count` more writes for which `like` holds. */
export async function more(
  count: number,
  { writes }: Load,
  like: (write: Write) => boolean = () => true,
): Promise<void> {
  const before = writes.filter(like).length;
  await until(() => writes.filter(like).length >= before + count);
}
