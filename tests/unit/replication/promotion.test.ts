// Nodes over durable stores that change their roles, as an operator has them do: docs/operations.md.
import { describe, expect, test } from '@jest/globals';
import { TandemError } from '../../../lib/errors.ts';
import { EPOCH_MS } from '../../../lib/limits.ts';
import { durableStore } from '../../support/durable.ts';
import { startProcess } from '../../support/process.ts';
import { TestClock, TestPeer } from '../../support/replication.ts';

/** A primary that has written, and the replica that was promoted in its place. */
async function promoted() {
  const [oldStore, newStore, clock] = [durableStore(), durableStore(), new TestClock()];
  const old = await startProcess(oldStore, new TestPeer(newStore), clock);
  await old.put('k', 'first');
  clock.time += 1000;
  old.peer.down = 'wrong node: a primary, not a replica';
  const demoted = new TestPeer(oldStore);
  demoted.down = 'wrong node: a primary, not a replica';
  const next = await startProcess(newStore, demoted, clock);
  return { old, demoted, next, clock };
}

describe('a replica that was promoted', () => {
  test('P4 fills the other node, and compares again what that did not take at first', async () => {
    const { demoted, next, clock } = await promoted();
    demoted.down = undefined;
    demoted.replaceStore(durableStore());
    demoted.refuses = (key) => (key === 'k' ? 'replica: store_unavailable' : undefined);
    expect(await next.primary.repair(60_000)).toMatchObject({ pushed: 0, failed: 1 });
    expect(next.primary.replicaFacts).toMatchObject({ owesComparison: true });
    demoted.refuses = () => undefined;
    clock.time += 60_000;
    expect(await next.primary.repair(60_000, clock.time - 3_600_000)).toMatchObject({ pushed: 1, failed: 0 });
    expect((await demoted.store.get('k'))?.record.value).toBe('"first"');
    expect(next.primary.replicaFacts).toMatchObject({ owesComparison: false });
  });

  test('P4 compares again when it could not take in what the other node has', async () => {
    const { old, demoted, next, clock } = await promoted();
    await old.put('only there');
    demoted.down = undefined;
    const { apply } = next.store;
    next.store.apply = async () => {
      throw new TandemError('store_unavailable', 'The store does not answer.');
    };
    expect(await next.primary.repair(60_000)).toMatchObject({ pulled: 0, failed: 1 });
    next.store.apply = apply;
    clock.time += 60_000;
    expect(await next.primary.repair(60_000, clock.time - 3_600_000)).toMatchObject({ pulled: 1, failed: 0 });
  });

  test('P4 brings its epoch to the old primary once that is a replica', async () => {
    const { old, demoted, next } = await promoted();
    await next.put('k', 'second');
    demoted.down = undefined;
    await next.primary.repair(60_000);
    expect((await old.store.get('k'))?.record).toMatchObject({ value: '"second"', epoch: next.primary.epoch });
    expect(next.primary.replicaFacts).toMatchObject({ owesComparison: false });
  });

  test('P4 begins another epoch above one that the old primary began before it became a replica', async () => {
    const { old, demoted, next, clock } = await promoted();
    await next.put('k', 'second');
    clock.time += EPOCH_MS - 1000;
    await old.put('only there');
    demoted.down = undefined;
    await next.primary.repair(60_000);
    expect(next.primary.replicaFacts.fencedBy).toBeUndefined();
    expect(next.primary.epoch).toBeGreaterThan(old.primary.epoch);
    expect(await next.put('k', 'third')).toMatchObject({ delivery: { replicated: true } });
    expect((await next.store.get('only there'))?.record.value).toBe('"only there"');
  });

  test('learns that the epoch is over when it only compares', async () => {
    const { old, demoted, next, clock } = await promoted();
    clock.time += EPOCH_MS - 1000;
    await old.put('only there');
    demoted.down = undefined;
    await next.primary.repair(60_000);
    expect(next.primary.replicaFacts.fencedBy).toBeUndefined();
    expect((await next.store.get('only there'))?.record.value).toBe('"only there"');
  });
});

test('P3 a primary that was replaced does not take over: the replica has seen the epoch of another', async () => {
  const [replica, clock] = [durableStore(), new TestClock()];
  const old = await startProcess(durableStore(), new TestPeer(replica), clock);
  clock.time += 1000;
  const next = await startProcess(durableStore(), new TestPeer(replica), clock);
  await next.put('k');
  expect((await old.put('k')).delivery).toMatchObject({ replicated: false });
  expect(old.primary.replicaFacts.fencedBy).toBe(next.primary.epoch);
});
