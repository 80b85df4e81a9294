// A process of a primary over a durable store, and the replica that it reaches.
import type { Clock } from '../../lib/clock.ts';
import { storedEpoch } from '../../lib/replication/current-epoch.ts';
import type { Lead } from '../../lib/replication/pair.ts';
import { createPrimary } from '../../lib/replication/primary.ts';
import { repairLock } from '../../lib/replication/repair/lock.ts';
import { Roles } from '../../lib/replication/roles.ts';
import { shareReplicaState } from '../../lib/replication/shared-replica-state.ts';
import { replaced } from '../../lib/replication/switchover.ts';
import type { NodeState, Store } from '../../lib/store/store.ts';
import { durableStore } from './durable.ts';
import { RETENTION_MS, TestClock, TestPeer } from './replication.ts';

export type DurableStore = Store & { readonly nodeState: NodeState };

let started = 0;

/** The lead that all processes of a primary share: once one of them hears of another primary, it is lost for all. */
function sharedLead(store: DurableStore, clock: Clock): Lead {
  const roles = new Roles(store, clock, 'primary');
  return {
    async check() {
      if ((await roles.now(true)).role === 'replica') throw replaced();
    },
    isHeld: () => roles.believed.role === 'primary',
    async lost(epoch) {
      await roles.stepDown(roles.believed.term);
      await store.raiseEpoch(epoch);
    },
  };
}

/** A process of a primary. @param isLocking whether it repairs only while no other process does */
export async function startProcess(
  store: DurableStore = durableStore(),
  peer = new TestPeer(),
  clock = new TestClock(),
  isLocking = true,
) {
  const lead = sharedLead(store, clock);
  const currentEpoch = await storedEpoch(store.nodeState, clock, 0, () => lead.check());
  const shared = await shareReplicaState(store.nodeState, clock.now(), 0);
  const primary = createPrimary({
    goesOn: false,
    store,
    peer,
    clock,
    lead,
    currentEpoch,
    replicaState: shared.replicaState,
    shared,
    ...(isLocking && { lock: repairLock(store.nodeState, clock, `process ${++started}`) }),
    describe: async () => ({ role: 'primary', id: store.id, state: 'serving', highestEpoch: currentEpoch.value }),
    random: () => 0.5,
    log: { warn: () => {}, error: () => {} },
    retentionMs: RETENTION_MS,
  });
  const put = (key: string, value: unknown = key) => primary.write({ key, value: JSON.stringify(value) });
  return { primary, currentEpoch, lead, store, peer, clock, put };
}
