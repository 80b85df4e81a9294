// A durable store without DynamoDB: the in-memory one, with what a durable one has in addition.
import { memoryStore } from '../../lib/store/memory/store.ts';
import type { NodeState, Store } from '../../lib/store/store.ts';

export function durableStore(): Store & { readonly nodeState: NodeState } {
  const store = memoryStore(1e9);
  let own: number | undefined;
  let text: string | undefined;
  let lock: { readonly owner: string; readonly until: number } | undefined;
  const nodeState: NodeState = {
    epochs: async () => ({ highest: await store.highestEpoch(), ...(own !== undefined && { own }) }),
    async claimEpoch(epoch) {
      if ((await store.highestEpoch()) >= epoch) return;
      await store.raiseEpoch(epoch);
      own = epoch;
    },
    peerState: async () => text,
    async setPeerState(next) {
      text = next;
    },
    async takeRepairLock(owner, now, until) {
      const isFree = lock === undefined || lock.owner === owner || lock.until <= now || lock.until > 2 * until - now;
      if (isFree) lock = { owner, until };
      return isFree;
    },
    async renewRepairLock(owner, until) {
      if (lock?.owner !== owner) return false;
      lock = { owner, until };
      return true;
    },
    async releaseRepairLock(owner) {
      if (lock?.owner === owner) lock = undefined;
    },
  };
  return Object.assign(store, { nodeState });
}
