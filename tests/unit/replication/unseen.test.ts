// A record that arrives where a newer one is, which had not seen it: of when the replica was the primary.
import { expect, test } from '@jest/globals';
import { createReplica } from '../../../lib/replication/replica.ts';
import { ReplicaState } from '../../../lib/replication/replica-state.ts';
import { createCircuitBreaker } from '../../../lib/replication/shipping/circuit-breaker.ts';
import { createShipping } from '../../../lib/replication/shipping/ship.ts';
import { memoryStore } from '../../../lib/store/memory/store.ts';
import { startProcess } from '../../support/process.ts';
import { recordOf, WRITER } from '../../support/records.ts';
import { admitAsReplica, RETENTION_MS, START, TestClock } from '../../support/replication.ts';

const OTHER = '00000000000000bb';

async function answerOf(held: ReturnType<typeof recordOf>) {
  const store = memoryStore(1e9);
  const log = { warn() {}, error() {} };
  const replica = createReplica({ store, clock: new TestClock(), log, admit: admitAsReplica(store) });
  await store.apply(held);
  const { answers } = await replica.apply({ from: 'p', to: store.id, epoch: START + 9, records: [recordOf('k', 1)] });
  return { answers, listed: await store.divergentCount() };
}

test('P2 is not acknowledged, and listed', async () => {
  expect(await answerOf(recordOf('k', 1, { epoch: START + 5, writer: OTHER }))).toEqual({
    answers: [{ outcome: 'failed', error: expect.stringContaining('had not seen this one') }],
    listed: 1,
  });
});

test('P2 is acknowledged where the newer one had seen it', async () => {
  const base = { epoch: START, version: 1 };
  for (const held of [
    recordOf('k', 2, { epoch: START + 5, writer: OTHER, base }),
    recordOf('k', 2, { writer: WRITER }),
  ]) {
    expect(await answerOf(held)).toEqual({ answers: [{ outcome: 'superseded' }], listed: 0 });
  }
});

test('P2 that waits while another primary writes its key is not acknowledged by the copy of what replaced it', async () => {
  const process = await startProcess();
  const { peer, store, clock, currentEpoch } = process;
  const replicaState = ReplicaState.recoveredFrom(peer.store.id, START);
  const describe = () => Promise.reject(new Error('Nobody asks.'));
  const pair = { ...process, replicaState, describe, retentionMs: RETENTION_MS };
  const shipping = createShipping(pair, createCircuitBreaker(clock, 3, 2000), () => 0.5);
  const older = recordOf('k', 1, { epoch: currentEpoch.value });
  const epoch = currentEpoch.value + 5;
  await currentEpoch.raiseAbove(epoch);
  const base = { epoch: older.epoch, version: 1 };
  for (const [held, replicated] of [
    [recordOf('k', 2, { epoch, writer: OTHER }), false],
    [recordOf('k', 3, { epoch, writer: OTHER, base }), true],
  ] as const) {
    await store.apply(held);
    const { results } = await shipping.ship([{ record: older, failures: 0, epoch: older.epoch }]);
    expect(results[0]?.delivery).toMatchObject({ replicated });
    expect((await peer.store.get('k'))?.record).toEqual(held);
  }
});
