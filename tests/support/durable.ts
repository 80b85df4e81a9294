// A durable store without DynamoDB: the in-memory one, with what a durable one has in addition.
import { memoryStore } from '../../lib/store/memory/store.ts';
import { repairLockInMemory } from '../../lib/store/repair-lock.ts';
import type { EpochSeen, KeptNote, NodeState, NoteName, Store } from '../../lib/store/store.ts';

/** Notes that end with the process. */
export function notesInMemory(): Pick<NodeState, 'note' | 'keepNote'> {
  const notes = new Map<NoteName, KeptNote>();
  return {
    note: async (name) => notes.get(name) ?? { revision: 0 },
    async keepNote(name, text, revision) {
      const isUnchanged = (notes.get(name)?.revision ?? 0) === revision;
      if (isUnchanged) notes.set(name, { revision: revision + 1, text });
      return isUnchanged;
    },
  };
}

export function durableStore(): Store & { readonly nodeState: NodeState } {
  const store = memoryStore(1e9);
  // Not the epochs of the store in memory, which takes no writes of one that is over: DynamoDB does.
  let seen: EpochSeen = { epoch: 0 };
  let own: number | undefined;
  const nodeState: NodeState = {
    async epochs() {
      const { epoch: highest, by } = seen;
      return { highest, ...(by !== undefined && { by }), ...(own !== undefined && { own }) };
    },
    async claimEpoch(epoch, after = seen.epoch) {
      if (seen.epoch >= epoch || seen.epoch !== after) return;
      seen = { epoch, by: store.id };
      own = epoch;
    },
    ...notesInMemory(),
    ...repairLockInMemory(),
  };
  return Object.assign(store, {
    nodeState,
    isBacklogCounted: false,
    highestEpoch: async () => seen,
    async raiseEpoch(epoch: number, by?: string) {
      const isNews = epoch > seen.epoch || (epoch === seen.epoch && seen.by === undefined);
      if (isNews) seen = { epoch, ...(by !== undefined && { by }) };
      return seen;
    },
  });
}
