// The primary of this process's node. It starts as soon as this file is loaded; on a replica it never does.
import { nodeCrypto } from '../builtin.ts';
import { lookUpAhead } from '../config/settings.ts';
import { peerWithFaults } from '../faults/inject.ts';
import type { Peer } from '../peer/peer.ts';
import { fixedEpoch, storedEpoch } from '../replication/current-epoch.ts';
import { peerInCurrentEpoch } from '../replication/peer-in-current-epoch.ts';
import { createPrimary, type Primary, type PrimaryOptions } from '../replication/primary.ts';
import { repairLock } from '../replication/repair/lock.ts';
import { recover } from '../replication/repair/recover.ts';
import { ReplicaState } from '../replication/replica-state.ts';
import { shareReplicaState } from '../replication/shared-replica-state.ts';
import type { NodeState } from '../store/store.ts';
import { faults } from './faults.ts';
import { checkPeer, peer as plainPeer } from './peer.ts';
import { clock, config, log, settings, state } from './process.ts';
import { store } from './store.ts';

let started: Promise<Primary> | undefined;

/** The primary, once it has recovered. One that could not start tries again. */
export function primary(): Promise<Primary> {
  started ??= start().catch((error) => {
    started = undefined;
    throw error;
  });
  return started;
}

if (config.role === 'primary') primary().catch((error) => log.error('the primary could not start', {}, error));

async function start(): Promise<Primary> {
  // The replica's address goes along with the first question to Parameter Store, so that the first write need not wait
  // for a question of its own.
  lookUpAhead([settings.peerUrl, settings.peerTokens]);
  const peer = faults ? peerWithFaults(plainPeer, faults, clock) : plainPeer;
  const options = { store, clock, random: Math.random, log, retentionMs: config.retentionMs };
  const start = store.nodeState ? await continued(store.nodeState, peer) : await recovered(peer);
  const primary = createPrimary({ ...options, ...start });
  // A replica that started meanwhile has said so to nobody.
  if (!store.nodeState && start.replicaState.facts.contentsId === undefined) {
    void checkPeer().then(({ answer }) => answer && primary.hear(answer));
  }
  return primary;
}

type Start = Pick<PrimaryOptions, 'peer' | 'currentEpoch' | 'replicaState' | 'shared' | 'lock'>;

/** A store in memory starts empty: it takes back what the replica holds. */
async function recovered(peer: Peer): Promise<Start> {
  const { epoch, recoveredFrom } = await recover({ store, peer, clock, retentionMs: config.retentionMs });
  state.recovering = false;
  const replicaState =
    recoveredFrom === undefined ? new ReplicaState() : ReplicaState.recoveredFrom(recoveredFrom, clock.now());
  return { peer, currentEpoch: fixedEpoch(epoch), replicaState };
}

/** A durable store has what it had, and its epoch continues. */
async function continued(nodeState: NodeState, peer: Peer): Promise<Start> {
  const [currentEpoch, shared] = await Promise.all([
    storedEpoch(nodeState, clock),
    shareReplicaState(nodeState, clock.now()),
  ]);
  const { replicaState } = shared;
  const raised = () => replicaState.requireComparison();
  const lock = repairLock(nodeState, clock, nodeCrypto().randomUUID());
  return { peer: peerInCurrentEpoch(peer, currentEpoch, clock, raised), currentEpoch, replicaState, shared, lock };
}
