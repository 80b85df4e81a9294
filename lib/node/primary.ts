// The primary of this process's node. It starts as soon as this file is loaded; on a replica it never does.
import { nodeCrypto } from '../builtin.ts';
import { lookUpAhead } from '../config/settings.ts';
import { peerWithFaults } from '../faults/inject.ts';
import { storedEpoch } from '../replication/current-epoch.ts';
import { createPrimary, notYetCompared, type Primary, type PrimaryOptions } from '../replication/primary.ts';
import { repairLock } from '../replication/repair/lock.ts';
import { shareReplicaState } from '../replication/shared-replica-state.ts';
import { startInMemory } from '../replication/start-in-memory.ts';
import type { NodeState } from '../store/store.ts';
import { faults } from './faults.ts';
import { describe, peer as plainPeer } from './peer.ts';
import { clock, config, log, settings, state } from './process.ts';
import { store } from './store.ts';

let started: Promise<Primary> | undefined;
const force = Promise.withResolvers<void>();
/** The node that begins as the primary draws even epochs. */
const PARITY = 0;

/** The primary, once it has recovered. One that could not start tries again. */
export function primary(): Promise<Primary> {
  started ??= start().catch((error) => {
    started = undefined;
    throw error;
  });
  return started;
}

if (config.role === 'primary') primary().catch((error) => log.error('the primary could not start', {}, error));

export { notYetCompared };

/** Ends recovery with what has been recovered until now: an operator's decision. */
export function forceStart(): Promise<Primary> {
  force.resolve();
  return primary();
}

async function start(): Promise<Primary> {
  // The replica's address goes along with the first question to Parameter Store, so that the first write need not wait
  // for a question of its own.
  lookUpAhead([settings.peerUrl, settings.peerTokens]);
  const peer = faults ? peerWithFaults(plainPeer, faults, clock) : plainPeer;
  const options = { store, peer, clock, log, describe, random: Math.random, retentionMs: config.retentionMs };
  if (store.nodeState) return createPrimary({ ...options, ...(await continued(store.nodeState)) });
  const primary = await startInMemory({ ...options, parity: PARITY, forced: force.promise });
  state.recovering = false;
  return primary;
}

/** A durable store has what it had, and its epoch continues. */
async function continued(
  nodeState: NodeState,
): Promise<Pick<PrimaryOptions, 'currentEpoch' | 'replicaState'> & Required<Pick<PrimaryOptions, 'shared' | 'lock'>>> {
  const [currentEpoch, shared] = await Promise.all([
    storedEpoch(nodeState, clock, PARITY),
    shareReplicaState(nodeState, clock.now()),
  ]);
  const lock = repairLock(nodeState, clock, nodeCrypto().randomUUID());
  return { currentEpoch, replicaState: shared.replicaState, shared, lock };
}
