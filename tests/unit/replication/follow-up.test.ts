// The next write brings along what a store that failed, or a process that was killed, has left in the backlog.
import { describe, expect, test } from '@jest/globals';
import { TandemError } from '../../../lib/errors.ts';
import { ReplicaState } from '../../../lib/replication/replica-state.ts';
import { shareReplicaState } from '../../../lib/replication/shared-replica-state.ts';
import { memoryStore } from '../../../lib/store/memory/store.ts';
import type { Store } from '../../../lib/store/store.ts';
import { durableStore } from '../../support/durable.ts';
import { openCircuit, START, testPrimary } from '../../support/replication.ts';
import { until } from '../../support/until.ts';

describe('P4 the next write brings what was left', () => {
  /** Whether the store fails to save what came of shipping. */
  let fails = false;
  const failing = (store: Store): Store => ({
    ...store,
    settle: async (...args) => {
      if (fails) throw new TandemError('store_unavailable', 'The store does not answer.');
      return store.settle(...args);
    },
  });

  test('by a write whose status the store could not take', async () => {
    const node = testPrimary(failing(memoryStore(1e9)));
    fails = true;
    expect((await node.put('left')).delivery.replicated).toBe(false);
    fails = false;
    await node.put('next');
    expect(await node.status('left')).toBe('replicated');
  });

  test('by a write that was done although the store seemed to fail', async () => {
    const store = memoryStore(1e9);
    let loses = true;
    const node = testPrimary({
      ...store,
      async write(change) {
        const result = await store.write(change);
        if (loses) throw new TandemError('store_unavailable', 'The store does not answer.');
        return result;
      },
    });
    await expect(node.put('left')).rejects.toThrow('does not answer');
    loses = false;
    await node.put('next');
    expect(await node.status('left')).toBe('replicated');
  });

  test('by a repair that ended because of the store', async () => {
    const node = testPrimary(failing(memoryStore(1e9)));
    node.peer.down = 'replica unreachable';
    await node.put('left');
    node.peer.down = undefined;
    fails = true;
    await expect(node.primary.repair(1000)).rejects.toThrow('does not answer');
    fails = false;
    await node.put('next');
    expect(await node.status('left')).toBe('replicated');
  });

  test('by a process before this one, over the same store, once its in-flight time is over', async () => {
    let looks = 0;
    const memory = memoryStore(1e9);
    const store: Store = {
      ...memory,
      backlog: async (query) => {
        looks++;
        return memory.backlog(query);
      },
    };
    const node = testPrimary(store);
    node.peer.gate = new Promise(() => {});
    void node.put('left');
    await until(() => node.peer.batches.length === 1);

    const { nodeState } = durableStore();
    await nodeState.keepNote('replica-state', JSON.stringify({ owesComparison: false }), 0);
    const { replicaState } = await shareReplicaState(nodeState, START, 0);
    const successor = testPrimary(store, replicaState);
    await successor.put('at once');
    expect([looks, await successor.status('left')]).toEqual([0, 'pending']);
    successor.clock.time += 11_000;
    await successor.put('next');
    expect(await successor.status('left')).toBe('replicated');
  });
});

describe('P4 a replica that says it has other contents', () => {
  const handshake = (id: string) => ({ role: 'replica', id, state: 'serving', highestEpoch: START }) as const;

  test('is refilled at once, without a write', async () => {
    const node = testPrimary();
    await node.put('k');
    node.peer.replaceStore();
    await node.primary.hear(handshake(node.peer.store.id));
    await until(async () => (await node.peer.store.get('k')) !== undefined);
    await until(() => !node.primary.replicaFacts.owesComparison);
  });

  test('is not compared again and again while that fails: whoever looks at the status starts nothing for ten seconds', async () => {
    const node = testPrimary();
    node.peer.replaceStore();
    node.peer.questionsFail = 'replica timed out';
    let asked = 0;
    node.peer.onQuestion = () => asked++;
    await node.primary.hear(handshake(node.peer.store.id));
    await until(() => node.primary.replicaFacts.compareAgainAt > 0);
    for (let i = 0; i < 5; i++) await node.primary.hear(handshake(node.peer.store.id));
    expect(asked).toBe(1);
    node.clock.time += 10_000;
    await node.primary.hear(handshake(node.peer.store.id));
    await until(() => asked === 2);
  });

  test('is heard only where it is a replica', async () => {
    const node = testPrimary();
    await node.primary.hear({ ...handshake('another primary'), role: 'primary' });
    expect(node.primary.replicaFacts).toMatchObject({ contentsId: node.peer.store.id, owesComparison: false });
  });
});

describe('P4 a replica that says that it has lost its contents', () => {
  test('is refilled at once, although the circuit is open and there is a backlog', async () => {
    const node = testPrimary();
    await openCircuit(node);
    node.peer.down = undefined;
    node.peer.replaceStore();
    await node.primary.hear(await node.peer.handshake());
    await until(() => node.peer.store.isComplete());
    expect((await node.store.backlogSize()).count).toBe(0);
  });

  test('P8 with every answer is left alone for a while', async () => {
    const node = testPrimary();
    let questions = 0;
    node.peer.onQuestion = () => {
      node.peer.replaceStore();
      // So that the test ends, too, where nothing else does.
      if (++questions === 1000) node.peer.down = 'replica unreachable';
    };
    node.peer.replaceStore();
    await node.primary.hear(await node.peer.handshake());
    await until(() => questions > 1);
    await node.primary.repair(1000);
    expect(questions).toBeLessThan(20);
  });
});

test('P10 a node that only calls itself the replica changes nothing: the one under its address is asked', async () => {
  const node = testPrimary();
  await node.put('k');
  const before = { ...node.primary.replicaFacts };
  await node.primary.announced({ role: 'replica', id: 'stray', state: 'refilling', highestEpoch: 0 });
  expect(node.primary.replicaFacts).toEqual({ ...before, lastContactAt: node.clock.now() });
  node.peer.replaceStore();
  await node.primary.announced({ role: 'replica', id: node.peer.store.id, state: 'refilling', highestEpoch: 0 });
  await until(() => node.peer.store.isComplete());
  expect(await node.peer.store.get('k')).toBeDefined();
});

test('P7 a primary that has started alone says again that a key is absent, once an operator takes that for true', async () => {
  const node = testPrimary(memoryStore(1e9), new ReplicaState({ hasStartedAlone: true }));
  node.peer.questionsFail = 'replica timed out';
  await node.primary.hear(await node.peer.handshake());
  await expect(node.primary.write({ key: 'none' })).rejects.toMatchObject({ code: 'recovering' });
  node.primary.takeAbsenceForTrue();
  await expect(node.primary.write({ key: 'none' })).rejects.toMatchObject({ code: 'key_not_found' });
});

test('P10 R4 a primary learns that it was replaced from what its replica says of itself, without a write', async () => {
  const node = testPrimary();
  await node.put('k');
  await node.peer.replicate({ from: 'successor', to: node.peer.store.id, epoch: START + 4, records: [] });
  await node.primary.hear(await node.peer.handshake());
  await until(() => !node.lead.isHeld());
  expect(node.lead.lostTo[0]).toBe(START + 4);
});
