// What this node, if it leads, knows of its replica now: for the status of every record that it shows.
import { type ReplicaFacts, statusNow } from '../replication/replica-state.ts';
import { savedReplicaState } from '../replication/shared-replica-state.ts';
import type { Entry, NodeState, ReplicationStatus } from '../store/store.ts';
import { loadMemoryNode } from './load-memory-node.ts';
import { clock } from './process.ts';
import { roles } from './roles.ts';
import { store } from './store.ts';

/** How long the saved state of a durable primary counts, in milliseconds. */
const AGE_MS = 1000;

/** Where the node lives in memory. */
const memoryNode = store.nodeState ? undefined : await loadMemoryNode();

let saved: { readonly at: number; readonly facts: ReplicaFacts } | undefined;

/** @returns `undefined` on a replica. Where the primary has processes of its own, what they saved a second ago at most */
export async function replicaFacts(): Promise<ReplicaFacts | undefined> {
  const { nodeState } = store;
  if (!nodeState) return memoryNode?.leading?.replicaFacts;
  return (await roles.now()).role === 'replica' ? undefined : savedFacts(nodeState);
}

async function savedFacts(nodeState: NodeState): Promise<ReplicaFacts> {
  const at = clock.now();
  if (saved && at - saved.at < AGE_MS) return saved.facts;
  saved = { at, facts: await savedReplicaState(nodeState) };
  return saved.facts;
}

/** @returns tells the status of a record's copy on the replica as it is now; `replica` where this node is the replica */
export async function copyStatus(): Promise<(entry: Entry) => ReplicationStatus | 'replica'> {
  const facts = await replicaFacts();
  return ({ replication }) => (facts ? statusNow(replication, facts) : 'replica');
}
