// The write, step by step, and what becomes of it when the replica does not do its part.
import { beforeEach, describe, expect, test } from '@jest/globals';
import { memoryStore } from '../../../lib/store/memory/store.ts';
import { WRITER } from '../../support/records.ts';
import { openCircuit, START, type TestPrimary, testPrimary } from '../../support/replication.ts';
import { until } from '../../support/until.ts';

let node: TestPrimary;
beforeEach(() => {
  node = testPrimary();
});

const gate = () => Promise.withResolvers<void>();

describe('an acknowledgement', () => {
  test('P2 that comes late cannot hide a newer write', async () => {
    const first = gate();
    node.peer.gate = first.promise;
    const write = node.put('k', 1);
    await until(() => node.peer.batches.length === 1);
    const newer = node.put('k', 2);
    node.peer.refuses = () => 'refused';
    node.peer.down = undefined;
    const { replicate } = node.peer;
    node.peer.replicate = async (batch) => ({
      answers: batch.records.map(({ version }) =>
        version === 1 ? { outcome: 'applied' } : { outcome: 'failed', error: 'no' },
      ),
    });
    first.resolve();
    await Promise.all([write, newer]);
    node.peer.replicate = replicate;
    expect(await node.status('k')).toBe('replication_failed');
  });

  test('P2 of a newer stamp at the replica counts too, where that had seen this one', async () => {
    const seen = { base: { epoch: START, version: 1 }, writer: WRITER };
    await node.peer.store.apply({ key: 'k', value: '9', epoch: START, version: 7, updatedAt: 1, ...seen });
    expect((await node.put('k')).delivery).toEqual({ replicated: true });
  });

  test('P2 P9 is none where the replica holds a newer write, of when it was the primary, that had not seen this one', async () => {
    await node.peer.store.apply({ key: 'k', value: '9', epoch: START, version: 7, updatedAt: 1, writer: WRITER });
    expect((await node.put('k')).delivery).toMatchObject({
      replicated: false,
      error: expect.stringContaining('had not seen this one'),
    });
    expect(node.lead.isHeld()).toBe(true);
    // A repair brings that one here, and lists this one on both nodes.
    await node.primary.repair(60_000);
    for (const store of [node.store, node.peer.store]) {
      expect((await store.get('k'))?.record.value).toBe('9');
      expect(await store.divergentCount()).toBe(1);
      expect((await store.backlogSize()).count).toBe(0);
    }
  });

  test.each([
    ['that are gone when the write is answered counts no more', 'questions fail', false],
    ['that are gone, and whose successors have it by then, counts', undefined, true],
  ])('P2 of contents %s', async (_, questionsFail, replicated) => {
    node.peer.refuses = (key) => (key === 'owed' ? 'refused' : undefined);
    await node.put('owed');
    node.clock.time += 60_000;
    node.peer.refuses = (key) => {
      if (key !== 'owed') return undefined;
      // What is owed follows the write, which waits for it.
      node.peer.refuses = () => undefined;
      node.peer.questionsFail = questionsFail;
      node.peer.replaceStore();
      void node.peer.handshake().then((said) => node.primary.hear(said));
      return 'refused';
    };
    expect((await node.put('k')).delivery).toMatchObject({ replicated });
    expect((await node.peer.store.get('k')) !== undefined).toBe(replicated);
  });

  test('P2 is none where a primary of a later epoch has written the key: it may not have seen this write', async () => {
    await node.peer.store.apply({ key: 'k', value: '9', epoch: START + 2, version: 1, updatedAt: 1 });
    expect((await node.put('k')).delivery).toMatchObject({ replicated: false });
    expect(node.lead.lostTo).toEqual([START + 2]);
  });
});

describe('a replica that does not answer', () => {
  test('P6 never makes a write fail: it is stored, failed with the reason, and due again', async () => {
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
    expect(node.primary.replicaFacts.error).toBe('replica unreachable: connection refused');
  });

  test('P6 opens the circuit: writes stop waiting and are left to the backlog, with the reason', async () => {
    await openCircuit(node);
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

  test('P6 that hangs while one request tries again keeps no other write waiting', async () => {
    await openCircuit(node);
    node.clock.time += 2000;
    const hanging = gate();
    node.peer.gate = hanging.promise;
    const trial = node.put('trial');
    await until(() => node.peer.batches.length === 4);
    expect((await node.put('other')).delivery).toMatchObject({ replicated: false, tried: false });
    hanging.resolve();
    await trial;
  });

  test('P4 and answers again: the write that finds out brings the whole backlog along', async () => {
    await openCircuit(node);
    node.peer.down = undefined;
    node.clock.time += 2000;
    expect((await node.put('k')).delivery).toEqual({ replicated: true });
    await until(async () => (await node.store.backlogSize()).count === 0);
    for (const key of ['x', 'y', 'z', 'k']) expect(await node.status(key)).toBe('replicated');
    expect(node.primary.circuit).toBe('closed');
  });
});

describe('a record that failed', () => {
  test('P4 is shipped by the next write, once it is due', async () => {
    node.peer.refuses = () => 'refused';
    await node.put('bad');
    node.peer.refuses = () => undefined;
    await node.put('a');
    expect(await node.status('bad')).toBe('replication_failed');
    node.clock.time += 60_000;
    await node.put('b');
    expect(await node.status('bad')).toBe('replicated');
  });

  test('P4 is remembered when others were due before it', async () => {
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

  test('P4 is due also when the clock has been put back', async () => {
    node.peer.refuses = () => 'refused';
    await node.put('k');
    node.peer.refuses = () => undefined;
    node.clock.time -= 3_600_000;
    expect(await node.primary.repair(60_000)).toMatchObject({ shipped: 1 });
  });
});

test('P1 a store that cannot take the status does not make the write fail: it is stored, and a repair ships it', async () => {
  const store = memoryStore(1e9);
  const broken = testPrimary({ ...store, settle: () => Promise.reject(new Error('throttled')) });
  expect((await broken.put('k')).delivery).toMatchObject({ replicated: false });
  expect(broken.logged.join()).toContain('throttled');
  expect((await store.get('k'))?.record.version).toBe(1);
});
