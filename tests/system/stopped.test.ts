// Two real nodes under load, and a process that stands still: its sockets stay open and hang.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { compareNodes, unaccounted } from '../support/compare-nodes.ts';
import { CLIENTS, more, startLoad, startPairInSync, type Write, writeUntilInSync } from '../support/load.ts';
import type { Pair, TestNode } from '../support/nodes.ts';
import { until } from '../support/until.ts';

/** Longer than the emulator keeps an idle connection, which is what a standstill of the primary is about. */
const STANDSTILL_MS = 10_000;
const TIMED_OUT = 'replica timed out: no answer within 2000 ms';

let nodes: Pair;
beforeAll(async () => {
  // Whatever heals here was healed by writes.
  nodes = await startPairInSync({}, { isScheduled: false });
});
afterAll(() => nodes?.stop());

/** Stops a process while `meanwhile` goes on. @returns what had been written when it went on, and when that was */
async function standStill({ pid }: TestNode, writes: readonly Write[], meanwhile: () => Promise<unknown>) {
  process.kill(pid, 'SIGSTOP');
  const from = writes.length;
  try {
    await meanwhile();
    return { meanwhile: writes.slice(from), to: performance.now() };
  } finally {
    process.kill(pid, 'SIGCONT');
  }
}

// biome-ignore lint/suspicious/noExplicitAny: bodies of every shape
const status = async ({ url }: TestNode): Promise<any> => (await fetch(`${url}/status`)).json();

async function expectAllAccountedFor(writes: readonly Write[]): Promise<void> {
  await writeUntilInSync(nodes.primary.url);
  expect(await unaccounted(writes, nodes)).toEqual([]);
  expect(await compareNodes(nodes.primary.url, nodes.replica.url)).toEqual([]);
}

// Windows has no signals that stop a process and let it go on.
(process.platform === 'win32' ? describe.skip : describe)('stopped, then continued', () => {
  test('P6 the replica: every write succeeds while it stands still, most without trying it, and the next ones heal it', async () => {
    const load = startLoad(nodes.primary.url);
    await until(() => load.writes.length > 200);
    // Who is answered before the replica goes on has not waited for it.
    const { meanwhile, to } = await standStill(nodes.replica, load.writes, async () => {
      await more(1, load, ({ error }) => error === TIMED_OUT);
      await more(500, load, ({ error = '' }) => error.startsWith('not tried'));
    });
    await until(() => load.writes.some((write) => write.startedAt > to && write.replication === 'replicated'));
    await load.stop();

    expect(load.failures).toEqual([]);
    // Three requests time out, with a write of every client at most; then one write at a time tries.
    const tried = meanwhile.filter(({ error }) => error === TIMED_OUT);
    expect(tried.length).toBeLessThan(meanwhile.length / 2);
    await expectAllAccountedFor(load.writes);
  });

  test('P1 the primary: it goes on as before, and closes no more than the connections that were idle', async () => {
    const load = startLoad(nodes.primary.url);
    await until(() => load.writes.length > 200);
    const { epoch } = await status(nodes.primary);
    const { to } = await standStill(nodes.primary, load.writes, () => sleep(STANDSTILL_MS));
    await until(() => load.writes.some((write) => write.startedAt > to && write.replication === 'replicated'));
    await load.stop();

    // A connection that seems to have been idle for too long is closed, before what has come in on it meanwhile is read.
    expect(load.failures.length).toBeLessThanOrEqual(CLIENTS);
    for (const { reason } of load.failures) expect(['ECONNRESET', 'UND_ERR_SOCKET']).toContain(reason);
    expect(await status(nodes.primary)).toMatchObject({ epoch, state: 'serving' });
    await expectAllAccountedFor(load.writes);
  });
});
