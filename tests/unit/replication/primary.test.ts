// The write, step by step, and what becomes of it when the replica does not do its part.
import { beforeEach, describe, expect, test } from '@jest/globals';
import { memoryStore } from '../../../lib/store/memory/store.ts';
import { type TestPrimary, testPrimary } from '../../support/replication.ts';
import { until } from '../../support/until.ts';

let node: TestPrimary;
beforeEach(() => {
  node = testPrimary();
});

const gate = () => Promise.withResolvers<void>();
/** Three requests in a row that fail: the circuit opens. */
async function openCircuit(): Promise<void> {
  node.peer.down = 'replica unreachable';
  for (const key of ['x', 'y', 'z']) await node.put(key);
}

describe('group commit', () => {
  test('a lone write goes at once', async () => {
    expect((await node.put('a')).delivery).toEqual({ replicated: true });
    expect(node.peer.keys).toEqual([['a']]);
  });

  test('writes that come while a request is under way share the next one', async () => {
    const first = gate();
    node.peer.gate = first.promise;
    const writes = ['a', 'b', 'c', 'd'].map((key) => node.put(key));
    await until(() => node.peer.batches.length === 1);
    first.resolve();
    expect((await Promise.all(writes)).every(({ delivery }) => delivery.replicated)).toBe(true);
    expect(node.peer.keys).toEqual([['a'], ['b', 'c', 'd']]);
  });

  test('of one key only the newest state is shipped, and every write of it is answered', async () => {
    const first = gate();
    node.peer.gate = first.promise;
    const writes = Array.from({ length: 200 }, (_, i) => node.put('k', i));
    await until(() => node.peer.batches.length === 1);
    first.resolve();
    const results = await Promise.all(writes);
    expect(results.map(({ record }) => record.version)).toEqual(Array.from({ length: 200 }, (_, i) => i + 1));
    expect(results.every(({ delivery }) => delivery.replicated)).toBe(true);
    expect(node.peer.keys).toEqual([['k'], ['k']]);
    expect((await node.peer.store.get('k'))?.record).toMatchObject({ version: 200, value: '199' });
    expect(await node.status('k')).toBe('replicated');
  });

  test('a batch is bounded in bytes', async () => {
    const first = gate();
    node.peer.gate = first.promise;
    const writes = Array.from({ length: 12 }, (_, i) => node.put(`k${i}`, 'x'.repeat(200_000)));
    await until(() => node.peer.batches.length === 1);
    first.resolve();
    await Promise.all(writes);
    expect(Math.max(...node.peer.keys.map(({ length }) => length))).toBeLessThanOrEqual(3);
  });

  test('one record that the replica refuses holds up none of the others', async () => {
    node.peer.refuses = (key) => (key === 'bad' ? 'replica answered 500' : undefined);
    const writes = await Promise.all(['a', 'bad', 'b', 'c'].map((key) => node.put(key)));
    expect(writes.map(({ delivery }) => delivery.replicated)).toEqual([true, false, true, true]);
  });
});

describe('an acknowledgement', () => {
  test('that comes late cannot hide a newer write', async () => {
    const first = gate();
    node.peer.gate = first.promise;
    const write = node.put('k', 1);
    await until(() => node.peer.batches.length === 1);
    const newer = node.put('k', 2);
    node.peer.refuses = () => 'refused';
    node.peer.down = undefined;
    const { replicate } = node.peer;
    node.peer.replicate = async (batch) => ({
      id: 'r',
      answers: batch.records.map(({ version }) =>
        version === 1 ? { outcome: 'applied' } : { outcome: 'failed', error: 'no' },
      ),
    });
    first.resolve();
    await Promise.all([write, newer]);
    node.peer.replicate = replicate;
    expect(await node.status('k')).toBe('replication_failed');
  });

  test('of a newer stamp at the replica counts too', async () => {
    await node.peer.store.apply({ key: 'k', value: '9', epoch: Number.MAX_SAFE_INTEGER, version: 1, updatedAt: 1 });
    expect((await node.put('k')).delivery).toEqual({ replicated: true });
  });
});

describe('a replica that does not answer', () => {
  test('never makes a write fail: it is stored, failed with the reason, and due again', async () => {
    node.peer.down = 'replica unreachable: connection refused';
    expect((await node.put('k')).delivery).toEqual({
      replicated: false,
      tried: true,
      error: 'replica unreachable: connection refused',
    });
    const entry = await node.store.get('k');
    expect(entry?.replication).toMatchObject({
      status: 'replication_failed',
      attempts: [{ outcome: 'failed', error: 'replica unreachable: connection refused' }],
    });
    expect(entry?.replication?.nextAttemptAt).toBeGreaterThan(node.clock.time);
    expect(node.primary.replica.error).toBe('replica unreachable: connection refused');
  });

  test('trips the breaker: writes stop waiting and are left to the backlog, with the reason', async () => {
    await openCircuit();
    expect(node.primary.circuit).toBe('open');
    const { delivery } = await node.put('k');
    expect(delivery).toMatchObject({
      replicated: false,
      tried: false,
      error: expect.stringContaining('replica unreachable'),
    });
    expect(node.peer.batches).toHaveLength(3);
    expect(await node.status('k')).toBe('pending');
    expect((await node.store.backlogSize()).count).toBe(4);
  });

  test('that hangs while the breaker tries again keeps no other write waiting', async () => {
    await openCircuit();
    node.clock.time += 2000;
    const hanging = gate();
    node.peer.gate = hanging.promise;
    const probe = node.put('probe');
    await until(() => node.peer.batches.length === 4);
    expect((await node.put('other')).delivery).toMatchObject({ replicated: false, tried: false });
    hanging.resolve();
    await probe;
  });

  test('and answers again: the write that finds out brings the whole backlog along', async () => {
    await openCircuit();
    node.peer.down = undefined;
    node.clock.time += 2000;
    expect((await node.put('k')).delivery).toEqual({ replicated: true });
    await until(async () => (await node.store.backlogSize()).count === 0);
    for (const key of ['x', 'y', 'z', 'k']) expect(await node.status(key)).toBe('replicated');
    expect(node.primary.circuit).toBe('closed');
  });
});

describe('repair', () => {
  test('ships the whole backlog, whatever is due, even through an open circuit', async () => {
    await openCircuit();
    node.peer.down = undefined;
    expect(await node.primary.repair(60_000)).toMatchObject({ shipped: 3, failed: 0, remaining: 0 });
    expect(node.primary.circuit).toBe('closed');
    expect((await node.put('next')).delivery.replicated).toBe(true);
  });

  test('goes past records that keep failing, and tries each once', async () => {
    node.peer.refuses = () => 'refused';
    for (let i = 0; i < 1200; i++) await node.put(`k${i}`);
    node.peer.refuses = (key) => (key === 'k3' || key === 'k700' ? 'poisoned' : undefined);
    node.peer.batches.length = 0;
    expect(await node.primary.repair(60_000)).toMatchObject({ shipped: 1198, failed: 2, remaining: 2 });
    expect(node.peer.keys.flat()).toHaveLength(1200);
    expect(await node.status('k700')).toBe('replication_failed');
  });

  test('stops at once when the replica does not answer, and says why', async () => {
    await openCircuit();
    node.peer.batches.length = 0;
    expect(await node.primary.repair(60_000)).toMatchObject({
      shipped: 0,
      failed: 3,
      remaining: 3,
      stoppedBy: 'replica unreachable',
    });
    expect(node.peer.batches).toHaveLength(1);
  });

  test('asked for twice at a time is done once', async () => {
    await openCircuit();
    node.peer.down = undefined;
    node.peer.batches.length = 0;
    await Promise.all([node.primary.repair(60_000), node.primary.repair(60_000)]);
    expect(node.peer.batches).toHaveLength(1);
  });

  test('under way goes on although a write meanwhile finds the circuit open', async () => {
    await openCircuit();
    node.peer.down = undefined;
    const running = gate();
    node.peer.gate = running.promise;
    const report = node.primary.repair(60_000);
    await until(() => node.peer.batches.length === 4);
    expect((await node.put('meanwhile')).delivery).toMatchObject({ tried: false });
    running.resolve();
    expect(await report).toMatchObject({ shipped: 4, failed: 0, remaining: 0 });
    expect(await report).not.toHaveProperty('stoppedBy');
  });

  test('asked for while a smaller one is under way is done after it', async () => {
    await openCircuit();
    node.peer.down = undefined;
    node.clock.time += 2000;
    const running = gate();
    const { replicate } = node.peer;
    let calls = 0;
    node.peer.replicate = async (batch) => {
      if (++calls === 2) await running.promise;
      return replicate.call(node.peer, batch);
    };
    const write = node.put('k');
    await until(() => calls === 2);
    const report = node.primary.repair(60_000);
    running.resolve();
    await write;
    expect(await report).toMatchObject({ bucketsCompared: 16_384, remaining: 0 });
  });
});

describe('a record that failed', () => {
  test('is shipped by the next write, once it is due', async () => {
    node.peer.refuses = () => 'refused';
    await node.put('bad');
    node.peer.refuses = () => undefined;
    await node.put('a');
    expect(await node.status('bad')).toBe('replication_failed');
    node.clock.time += 60_000;
    await node.put('b');
    expect(await node.status('bad')).toBe('replicated');
  });

  test('is remembered when others were due before it', async () => {
    node.peer.refuses = () => 'refused';
    await node.put('soon');
    node.clock.time += 900;
    await node.put('late');
    node.peer.refuses = () => undefined;
    node.clock.time += 200;
    await node.put('a');
    expect([await node.status('soon'), await node.status('late')]).toEqual(['replicated', 'replication_failed']);
    node.clock.time += 1000;
    await node.put('b');
    expect(await node.status('late')).toBe('replicated');
  });

  test('is due also when the clock has been put back', async () => {
    node.peer.refuses = () => 'refused';
    await node.put('k');
    node.peer.refuses = () => undefined;
    node.clock.time -= 3_600_000;
    expect(await node.primary.repair(60_000)).toMatchObject({ shipped: 1 });
  });
});

test('a write waits no longer than for the request under way and its own, however many are waiting', async () => {
  const slow = testPrimary();
  const { clock, peer, put } = slow;
  const { replicate } = peer;
  clock.sleep = () => new Promise((resolve) => setImmediate(resolve));
  peer.replicate = async (batch) => {
    await new Promise(setImmediate);
    clock.time += 1900;
    return replicate.call(peer, batch);
  };
  const began = clock.time;
  const waits = await Promise.all(
    Array.from({ length: 30 }, (_, i) => put(`k${i}`, 'x'.repeat(200_000)).then(() => clock.time - began)),
  );
  expect(Math.max(...waits)).toBeLessThanOrEqual(4000);
  expect((await slow.store.backlogSize()).count).toBeGreaterThan(20);
});

test('a store that cannot take the status does not make the write fail: it is stored, and a repair ships it', async () => {
  const store = memoryStore(1e9);
  const broken = testPrimary({ ...store, settle: () => Promise.reject(new Error('throttled')) });
  expect((await broken.put('k')).delivery).toMatchObject({ replicated: false });
  expect(broken.logged.join()).toContain('throttled');
  expect((await store.get('k'))?.record.version).toBe(1);
});
