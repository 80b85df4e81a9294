// What this node, if it is the primary, knows of its replica now: for the status of every record that it shows.
import { type ReplicaFacts, statusNow } from '../replication/replica-state.ts';
import type { Entry, NodeState, ReplicationStatus } from '../store/store.ts';
import { loadPrimary } from './load-primary.ts';
import { clock, config } from './process.ts';
import { store } from './store.ts';

/** How long the saved state of a durable primary counts, in milliseconds. */
const AGE_MS = 1000;

let saved: { readonly at: number; readonly facts: ReplicaFacts } | undefined;

/** @returns `undefined` on a replica. Where the primary has processes of its own, what they saved a second ago at most */
export async function replicaFacts(): Promise<ReplicaFacts | undefined> {
  if (config.role === 'replica') return undefined;
  if (store.nodeState) return savedFacts(store.nodeState);
  const { primary } = await loadPrimary();
  return (await primary()).replicaFacts;
}

async function savedFacts(nodeState: NodeState): Promise<ReplicaFacts> {
  const at = clock.now();
  if (saved && at - saved.at < AGE_MS) return saved.facts;
  // Loaded where it is needed: a replica, and a primary in memory, start without it.
  const { savedReplicaState } = await import('../replication/shared-replica-state.ts');
  saved = { at, facts: await savedReplicaState(nodeState) };
  return saved.facts;
}

/** @returns tells the status of a record's copy on the replica as it is now; `replica` where this node is the replica */
export async function copyStatus(): Promise<(entry: Entry) => ReplicationStatus | 'replica'> {
  const facts = await replicaFacts();
  return ({ replication }) =>
    replication && facts ? statusNow(replication, facts) : (replication?.status ?? 'replica');
}
