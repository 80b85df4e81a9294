// One process of a durable primary repairs at a time. What the lock is in the table: tests/contract/durable.ts.
import { describe, expect, test } from '@jest/globals';
import { TandemError } from '../../../../lib/errors.ts';
import { LOCK_MS, LOCK_WAIT_MS, LockLost, repairLock } from '../../../../lib/replication/repair/lock.ts';
import { memoryStore } from '../../../../lib/store/memory/store.ts';
import { durableStore } from '../../../support/durable.ts';
import { sentByAHerd } from '../../../support/herd.ts';
import { startProcess } from '../../../support/process.ts';
import { TestClock, TestPeer } from '../../../support/replication.ts';
import { until } from '../../../support/until.ts';

/** A clock of a process that waits: its time passes at once. */
class WaitingClock extends TestClock {
  override async sleep(ms = 0): Promise<void> {
    this.time += ms;
  }
}

const ANOTHER = 'another process is repairing';
const LIMIT_MS = 50_000;

describe('a repair lock', () => {
  const twoLocks = (clock = new TestClock()) => {
    const { nodeState } = durableStore();
    return { nodeState, clock, a: repairLock(nodeState, clock, 'a'), b: repairLock(nodeState, clock, 'b') };
  };

  test('is taken by one process, until that gives it back', async () => {
    const { clock, a, b } = twoLocks();
    expect(await a.take(0)).toBe(true);
    expect(await b.take(0)).toBe(false);
    clock.time += 1000;
    expect(await b.take(0)).toBe(false);
    await a.release();
    clock.time += 1000;
    expect(await b.take(0)).toBe(true);
  });

  test('is not asked for again within a second of a refusal by who does not wait', async () => {
    const { nodeState, clock, a, b } = twoLocks();
    await a.take(0);
    await b.take(0);
    await a.release();
    let asked = 0;
    const { takeRepairLock } = nodeState;
    nodeState.takeRepairLock = (...args) => {
      asked++;
      return takeRepairLock(...args);
    };
    clock.time += 999;
    expect([await b.take(0), asked]).toEqual([false, 0]);
    clock.time += 1;
    expect([await b.take(0), asked]).toEqual([true, 1]);
  });

  test('of a process that was killed is over after 15 s, and not before, as long as it was renewed', async () => {
    const { clock, a, b } = twoLocks();
    await a.take(0);
    clock.time += LOCK_MS - 1;
    await a.renew();
    clock.time += LOCK_MS - 1;
    expect(await b.take(0)).toBe(false);
    clock.time += 1000;
    expect(await b.take(0)).toBe(true);
  });

  test('is lost by a process that slept while another took it, also if that has given it back', async () => {
    const { clock, a, b } = twoLocks();
    await a.take(0);
    clock.time += LOCK_MS;
    await b.take(0);
    await expect(a.renew()).rejects.toThrow(LockLost);
    await b.release();
    await expect(a.renew()).rejects.toThrow(LockLost);
    await a.release();
  });

  test('is lost by a process that slept before it heard that it was renewed', async () => {
    const { nodeState, clock, a, b } = twoLocks();
    await a.take(0);
    const { renewRepairLock } = nodeState;
    nodeState.renewRepairLock = async (...args) => {
      const isRenewed = await renewRepairLock(...args);
      nodeState.renewRepairLock = renewRepairLock;
      clock.time += LOCK_MS;
      await b.take(0);
      return isRenewed;
    };
    await expect(a.renew()).rejects.toThrow(LockLost);
  });

  test('that a clock far ahead has set does not last as long as that says', async () => {
    const { nodeState, clock, b } = twoLocks();
    const ahead = new TestClock();
    ahead.time = clock.time + 3_600_000;
    await repairLock(nodeState, ahead, 'ahead').take(0);
    expect(await b.take(0)).toBe(true);
  });

  test('is waited for, as long as it takes and no longer', async () => {
    const { clock, a, b } = twoLocks(new WaitingClock());
    await a.take(0);
    const before = clock.time;
    expect(await b.take(clock.elapsed() + 3500)).toBe(false);
    expect(clock.time - before).toBe(3500);
    expect(await b.take(clock.elapsed() + LOCK_WAIT_MS)).toBe(true);
    expect(clock.time - before).toBeLessThanOrEqual(LOCK_MS + 1000);
  });

  test('that cannot be given back ends by itself', async () => {
    const { nodeState, a } = twoLocks();
    await a.take(0);
    nodeState.releaseRepairLock = () => Promise.reject(new TandemError('store_unavailable', 'Try again.'));
    await a.release();
    nodeState.releaseRepairLock = () => Promise.reject(new Error('a mistake'));
    await expect(a.release()).rejects.toThrow('a mistake');
  });
});

describe('of two processes', () => {
  /** The first repairs a backlog, of three batches unless fewer are owed, and the replica lets its first batch wait. */
  async function oneRepairs(owed = 250) {
    const [store, peer, clock] = [durableStore(), new TestPeer(), new WaitingClock()];
    const [first, second] = [await startProcess(store, peer, clock), await startProcess(store, peer, clock)];
    for (const { put, primary } of [first, second]) {
      await put('known');
      await primary.repair(LIMIT_MS);
    }
    peer.down = 'replica unreachable';
    await second.put('owed/0');
    for (let i = 1; i < owed; i++) await first.put(`owed/${i}`);
    clock.time += 3000;
    peer.down = undefined;
    const gate = Promise.withResolvers<void>();
    peer.gate = gate.promise;
    const from = peer.batches.length;
    const repairing = first.primary.repair(LIMIT_MS);
    await until(() => peer.batches.length > from);
    peer.gate = undefined;
    /** How many records have been sent since. */
    const sent = () => peer.batches.slice(from).reduce((sum, { records }) => sum + records.length, 0);
    return { store, peer, clock, first, second, repairing, sent, goOn: gate.resolve };
  }

  test('one whose repair finds the other at it waits, and then says so, having done nothing', async () => {
    const { clock, store, second, repairing, sent, goOn } = await oneRepairs(1);
    const before = clock.time;
    // The first one lives, and renews its lock.
    const { takeRepairLock } = store.nodeState;
    store.nodeState.takeRepairLock = async () => false;
    expect(await second.primary.repair(LIMIT_MS, 0)).toMatchObject({ stoppedBy: ANOTHER, shipped: 0, remaining: 1 });
    expect(clock.time - before).toBe(LOCK_WAIT_MS);
    expect(await second.primary.repair(4000)).toMatchObject({ stoppedBy: ANOTHER, durationMs: 4000 });
    store.nodeState.takeRepairLock = takeRepairLock;
    goOn();
    expect(await repairing).toMatchObject({ shipped: 1, remaining: 0 });
    expect(sent()).toBe(1);
  });

  test('P6 one that writes while the other repairs is answered at once, and ships its own record only', async () => {
    const { second, repairing, sent, goOn } = await oneRepairs();
    expect(await second.put('new')).toMatchObject({ delivery: { replicated: true } });
    expect(sent()).toBe(100 + 1);
    goOn();
    await repairing;
    expect(sent()).toBe(250 + 1);
  });

  test('P4 one takes over when the other was killed, with a write or a repair, and ships all of it', async () => {
    const { second, clock, store, sent } = await oneRepairs();
    await second.put('new');
    clock.time += LOCK_MS;
    await second.put('later');
    await until(() => sent() === 100 + 250 + 2);
    expect((await store.backlogSize()).count).toBe(0);
  });

  test('one that slept while the other took over stops at its next batch', async () => {
    const { second, repairing, sent, goOn } = await oneRepairs();
    expect(await second.primary.repair(LIMIT_MS)).toMatchObject({ shipped: 250, remaining: 0 });
    goOn();
    expect(await repairing).toMatchObject({ stoppedBy: ANOTHER });
    expect(sent()).toBe(100 + 250);
  });

  test('one does not compare what the other has compared while it waited', async () => {
    const { second, clock, repairing, goOn } = await oneRepairs();
    const since = clock.time;
    clock.sleep = async (ms = 0) => {
      clock.time += ms;
      goOn();
      await repairing;
    };
    expect(await second.primary.repair(LIMIT_MS, since)).toMatchObject({ bucketsCompared: 0 });
    expect((await repairing).bucketsCompared).toBeGreaterThan(0);
  });
});

test('seven processes that find the replica answering after an outage send each record that is owed once', async () => {
  /** As over a network: others get their turn meanwhile. */
  const replica = () => {
    const store = memoryStore(1e9);
    const { apply } = store;
    store.apply = async (...args) => {
      await new Promise((resolve) => setImmediate(resolve));
      return apply(...args);
    };
    return store;
  };
  expect(await sentByAHerd({ store: durableStore(), replica: replica(), owed: 600 })).toBeLessThanOrEqual(1.1);
  expect(await sentByAHerd({ store: durableStore(), replica: replica(), owed: 600, isLocking: false })).toBeGreaterThan(
    3,
  );
});
