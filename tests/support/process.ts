// A process of a primary over a durable store, and the replica that it reaches.
import type { TandemError } from '../../lib/errors.ts';
import { PeerError } from '../../lib/peer/peer.ts';
import type { Batch, Refusal } from '../../lib/peer/wire.ts';
import { storedEpoch } from '../../lib/replication/current-epoch.ts';
import { peerInCurrentEpoch } from '../../lib/replication/peer-in-current-epoch.ts';
import { createPrimary } from '../../lib/replication/primary.ts';
import { repairLock } from '../../lib/replication/repair/lock.ts';
import { createReplica } from '../../lib/replication/replica.ts';
import { shareReplicaState } from '../../lib/replication/shared-replica-state.ts';
import type { NodeState, Store } from '../../lib/store/store.ts';
import { durableStore } from './durable.ts';
import { RETENTION_MS, TestClock, TestPeer } from './replication.ts';

export type DurableStore = Store & { readonly nodeState: NodeState };

let started = 0;

/**
 * A process of a primary. The replica that it reaches refuses what a real one refuses.
 * @param isLocking whether it repairs only while no other process does
 */
export async function startProcess(
  store: DurableStore = durableStore(),
  peer = new TestPeer(),
  clock = new TestClock(),
  isLocking = true,
) {
  const log = { warn: () => {}, error: () => {} };
  const replica = () => createReplica({ store: peer.store, clock, log, faultOf: ({ key }) => peer.refuses(key) });
  const strict = Object.assign(Object.create(peer), {
    replicate: async (batch: Batch) => {
      peer.batches.push(batch);
      await peer.gate;
      if (peer.down !== undefined) throw new PeerError(peer.down);
      try {
        return await replica().apply(batch);
      } catch (error) {
        const { highestEpoch, isOwnFormerEpoch } = (error as TandemError).extra as Partial<Refusal>;
        throw new PeerError(`${error}`, highestEpoch, isOwnFormerEpoch);
      }
    },
  });
  const currentEpoch = await storedEpoch(store.nodeState, clock);
  const shared = await shareReplicaState(store.nodeState, clock.now());
  const { replicaState } = shared;
  const primary = createPrimary({
    store,
    clock,
    currentEpoch,
    replicaState,
    shared,
    ...(isLocking && { lock: repairLock(store.nodeState, clock, `process ${++started}`) }),
    peer: peerInCurrentEpoch(strict, currentEpoch, clock, () => replicaState.requireComparison()),
    random: () => 0.5,
    log,
    retentionMs: RETENTION_MS,
  });
  const put = (key: string, value: unknown = key) => primary.write({ key, value: JSON.stringify(value) });
  return { primary, currentEpoch, store, peer, clock, put };
}
