// Two real nodes under load, and a process that stands still for ten seconds: its sockets stay open and hang.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { compareNodes, unaccounted } from '../support/compare-nodes.ts';
import { CLIENTS, startLoad, type Write, writeUntilInSync } from '../support/load.ts';
import { type Pair, startPair, type TestNode } from '../support/nodes.ts';
import { until } from '../support/until.ts';

/** What these tests are about, and so the one fixed time in them. */
const STANDSTILL_MS = 10_000;
/** Two requests to the replica of 2,000 ms each, 250 ms for the backlog, and the rest for a busy machine. */
const WRITE_LIMIT_MS = 6000;

let nodes: Pair;
beforeAll(async () => {
  nodes = await startPair();
}, 90_000);
afterAll(() => nodes?.stop());

async function standStill({ pid }: TestNode): Promise<{ from: number; to: number }> {
  const from = performance.now();
  process.kill(pid, 'SIGSTOP');
  try {
    await sleep(STANDSTILL_MS);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  return { from, to: performance.now() };
}

// biome-ignore lint/suspicious/noExplicitAny: bodies of every shape
const status = async ({ url }: TestNode): Promise<any> => (await fetch(`${url}/status`)).json();
const duration = ({ startedAt, answeredAt }: Write) => answeredAt - startedAt;
const median = (numbers: number[]) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] as number;

async function expectAllAccountedFor(writes: readonly Write[]): Promise<void> {
  await writeUntilInSync(nodes.primary.url);
  expect(await unaccounted(writes, nodes)).toEqual([]);
  expect(await compareNodes(nodes.primary.url, nodes.replica.url)).toEqual([]);
}

// Windows has no signals that stop a process and let it go on.
(process.platform === 'win32' ? describe.skip : describe)('stopped for ten seconds, then continued', () => {
  test('the replica: every write succeeds in bounded time, most at once, and the next ones heal it', async () => {
    const load = startLoad(nodes.primary.url);
    await until(() => load.writes.length > 200);
    const { from, to } = await standStill(nodes.replica);
    await until(() => load.writes.some((write) => write.startedAt > to && write.replication === 'replicated'));
    await load.stop();

    expect(load.failures).toEqual([]);
    const meanwhile = load.writes.filter(({ startedAt, answeredAt }) => answeredAt > from && startedAt < to);
    expect(Math.max(...meanwhile.map(duration))).toBeLessThan(WRITE_LIMIT_MS);
    expect(median(meanwhile.map(duration))).toBeLessThan(500);
    expect(meanwhile.map(({ error }) => error)).toContain('replica timed out: no answer within 2000 ms');
    await expectAllAccountedFor(load.writes);
  }, 90_000);

  test('the primary: it goes on as before, and closes no more than the connections that were idle', async () => {
    const load = startLoad(nodes.primary.url);
    await until(() => load.writes.length > 200);
    const { epoch } = await status(nodes.primary);
    const { to } = await standStill(nodes.primary);
    await until(() => load.writes.some((write) => write.startedAt > to && write.replication === 'replicated'));
    await load.stop();

    // A connection that seems to have been idle for too long is closed, before what has come in on it meanwhile is read.
    expect(load.failures.length).toBeLessThanOrEqual(CLIENTS);
    for (const { reason } of load.failures) expect(['ECONNRESET', 'UND_ERR_SOCKET']).toContain(reason);
    expect(await status(nodes.primary)).toMatchObject({ epoch, state: 'serving' });
    await expectAllAccountedFor(load.writes);
  }, 90_000);
});
