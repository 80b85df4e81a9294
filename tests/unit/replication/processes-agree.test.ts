// What one process of a durable primary has learned counts in the others, and twice at once in the same.
import { expect, test } from '@jest/globals';
import { TandemError } from '../../../lib/errors.ts';
import { PeerError } from '../../../lib/peer/peer.ts';
import type { CurrentEpoch } from '../../../lib/replication/current-epoch.ts';
import { ledEpoch } from '../../../lib/replication/led-epoch.ts';
import { ReplicaState } from '../../../lib/replication/replica-state.ts';
import {
  savedReplicaState,
  saveFirstReplicaState,
  shareReplicaState,
} from '../../../lib/replication/shared-replica-state.ts';
import { replaced } from '../../../lib/replication/switchover.ts';
import { durableStore } from '../../support/durable.ts';
import { startProcess } from '../../support/process.ts';
import { START, TestClock, TestPeer } from '../../support/replication.ts';

test('P7 a write of an absent key is decided by the comparison that another process has made', async () => {
  const [store, peer, clock] = [durableStore(), new TestPeer(), new TestClock()];
  const { facts } = ReplicaState.ofNewPrimary(false);
  await store.nodeState.keepNote(
    'replica-state',
    JSON.stringify({ ...facts, contentsId: peer.store.id, retryAt: 0 }),
    0,
  );
  const [writer, repairer] = [await startProcess(store, peer, clock), await startProcess(store, peer, clock)];
  const refused = () => writer.primary.write({ key: 'absent' });
  await expect(refused()).rejects.toMatchObject({ code: 'recovering' });
  await repairer.primary.repair(60_000);
  await expect(refused()).rejects.toMatchObject({ code: 'key_not_found' });
});

test('what a process saves twice at once is not taken back by what it read in between', async () => {
  const { nodeState } = durableStore();
  await saveFirstReplicaState(nodeState, ReplicaState.ofNewPrimary(false).facts, 1);
  const isSaved = Promise.withResolvers<void>();
  let reads = 0;
  const shared = await shareReplicaState(
    {
      ...nodeState,
      // What the second save reads first is answered when the first one is done.
      async note(name) {
        const note = await nodeState.note(name);
        if (++reads === 3) await isSaved.promise;
        return note;
      },
      async keepNote(...args) {
        const isKept = await nodeState.keepNote(...args);
        isSaved.resolve();
        return isKept;
      },
    },
    START,
    1,
  );
  shared.replicaState.met('b', START);
  const compared = shared.replicaState.comparisonStarted('b');
  shared.replicaState.comparisonEnded(compared, START);
  await Promise.all([shared.save('closed', true), shared.save('closed', true)]);
  expect(shared.replicaState.facts.hasStartedAlone).toBe(false);
  expect(await savedReplicaState(nodeState)).toMatchObject({ hasStartedAlone: false, owesComparison: false });
});

test('a node that has lost the lead sends nothing in an epoch that it would have to begin', async () => {
  const lost = async () => {
    throw replaced();
  };
  const epoch: CurrentEpoch = { value: START, refresh: lost, next: lost, begun: lost, raiseAbove: lost };
  const led = ledEpoch(epoch);
  expect(led.value).toBe(START);
  for (const ask of [() => led.refresh(), () => led.next(), () => led.begun(START), () => led.raiseAbove(START)])
    await expect(ask()).rejects.toBeInstanceOf(PeerError);
  const unavailable = new TandemError('store_unavailable', 'Try again.');
  const failing = ledEpoch({ ...epoch, refresh: () => Promise.reject(unavailable) });
  await expect(failing.refresh()).rejects.toBe(unavailable);
});
